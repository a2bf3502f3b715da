extension MigrationFile {
    /// The files of `migrations/` that are part of this executable, ascending. A new file gets a line here.
    package static let embedded: [MigrationFile] = [
        ("0001_nodejschat.sql", PackageResources._001_nodejschat_sql),
        ("0002_sessions.sql", PackageResources._002_sessions_sql),
        ("0003_log.sql", PackageResources._003_log_sql),
        ("0004_epoch.sql", PackageResources._004_epoch_sql),
        ("0005_store.sql", PackageResources._005_store_sql),
        ("0006_inbox.sql", PackageResources._006_inbox_sql),
        ("0007_read.sql", PackageResources._007_read_sql),
        ("0008_nodejschat_rows.sql", PackageResources._008_nodejschat_rows_sql),
        ("0009_doorbell.sql", PackageResources._009_doorbell_sql),
        ("0010_session_fingerprints.sql", PackageResources._010_session_fingerprints_sql),
        ("0011_log_writers.sql", PackageResources._011_log_writers_sql),
        ("0012_session_identity.sql", PackageResources._012_session_identity_sql),
        ("0013_client_ids.sql", PackageResources._013_client_ids_sql),
        ("0014_read_spans.sql", PackageResources._014_read_spans_sql),
        ("0015_inbox_by_bytes.sql", PackageResources._015_inbox_by_bytes_sql),
        ("0016_schema.sql", PackageResources._016_schema_sql),
        ("0017_room_keys.sql", PackageResources._017_room_keys_sql),
        ("0018_hashed_keys.sql", PackageResources._018_hashed_keys_sql),
        ("0019_user_ids.sql", PackageResources._019_user_ids_sql),
        ("0020_session_lookup.sql", PackageResources._020_session_lookup_sql),
        ("0021_search_paths.sql", PackageResources._021_search_paths_sql),
        ("0022_changes.sql", PackageResources._022_changes_sql),
        ("0023_replies_and_ids.sql", PackageResources._023_replies_and_ids_sql),
        ("0024_read_changes.sql", PackageResources._024_read_changes_sql),
        ("0025_store_changes.sql", PackageResources._025_store_changes_sql),
        ("0026_changes_by_sql.sql", PackageResources._026_changes_by_sql_sql),
        ("0027_moderation.sql", PackageResources._027_moderation_sql),
    ].enumerated().map { index, file in
        MigrationFile(number: Int32(index) + 1, name: file.0, sql: String(decoding: file.1, as: UTF8.self))
    }
}
