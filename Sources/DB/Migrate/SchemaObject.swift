/// A name in a schema.
struct SchemaName: Sendable, Hashable {
    /// PostgreSQL keeps the names of functions apart from those of relations and types.
    enum Space: String, Sendable {
        case relation, function
    }

    var space: Space
    var name: String

    /// The name of a table, view, index, sequence or type.
    static func relation(_ name: String) -> SchemaName { SchemaName(space: .relation, name: name) }

    /// The name of a function, procedure or aggregate.
    static func function(_ name: String) -> SchemaName { SchemaName(space: .function, name: name) }
}

/// A named object in a schema, as the system catalogs describe it.
struct SchemaObject: Sendable, Equatable {
    var name: SchemaName
    /// As in an error message: `table`, `view`, `function` …
    var kind: String
    /// The schema and the name, quoted where SQL needs it.
    var qualifiedName: String
    /// The columns of a relation in their order, each as `name type`; the arguments and result of a function.
    var shape: [String]
    /// The definition of a table's primary key, empty without one.
    var primaryKey = ""

    /// For an error message.
    var description: String { "\(kind) \(qualifiedName)" }
}

extension Statement {
    /// The objects of the current schema with names of `$1` (relations and types) or `$2` (functions).
    static let schemaObjects = once(
        """
        select 'relation', c.relname::text,
               case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                   when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence'
                   when 'c' then 'type' else 'index' end,
               quote_ident(n.nspname) || '.' || quote_ident(c.relname),
               (select string_agg(a.attname || ' ' || format_type(a.atttypid, null), chr(10) order by a.attnum)
                from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
               (select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = current_schema() and c.relname::text = any ($1)
        union all
        select 'relation', t.typname::text, 'type', quote_ident(n.nspname) || '.' || quote_ident(t.typname), null, null
        from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where n.nspname = current_schema() and t.typname::text = any ($1) and t.typrelid = 0
        union all
        select 'function', p.proname::text, 'function',
               quote_ident(n.nspname) || '.' || quote_ident(p.proname)
                   || '(' || oidvectortypes(p.proargtypes) || ')',
               pg_get_function_arguments(p.oid) || chr(10) || format_type(p.prorettype, null), null
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = current_schema() and p.proname::text = any ($2)
        order by 4
        """)
}

extension PostgresResult {
    /// The rows of `Statement.schemaObjects`.
    var schemaObjects: [SchemaObject] {
        (0..<rowCount).compactMap { row in
            guard let space = text(row, 0).flatMap(SchemaName.Space.init(rawValue:)), let name = text(row, 1),
                let kind = text(row, 2), let qualifiedName = text(row, 3)
            else { return nil }
            return SchemaObject(
                name: SchemaName(space: space, name: name), kind: kind, qualifiedName: qualifiedName,
                shape: (text(row, 4) ?? "").split(separator: "\n").map(String.init), primaryKey: text(row, 5) ?? "")
        }
    }
}
