"""Results as bars, in SVG."""

from xml.sax.saxutils import escape

from report import OURS, figure

WIDTH, BAR, GAP, LABEL, HEAD = 900, 20, 6, 210, 34


def svg(results):
    """One panel for each workload, one bar for each server; the longest bar of a panel is as wide as the panel."""
    panel = HEAD + len(results.servers) * (BAR + GAP) + 16
    parts = []
    for index, w in enumerate(results.workloads):
        top = index * panel
        better = "more is better" if w.more_is_better else "less is better"
        head = escape(f"{w.key}: {w.title}: {w.unit}, {better}")
        parts.append(f'<text x="12" y="{top + 22}" class="head">{head}</text>')
        longest = max(results.median(w, server) for server in results.servers) or 1
        for place, server in enumerate(results.servers):
            y, value = top + HEAD + place * (BAR + GAP), results.median(w, server)
            width = max(1, (WIDTH - LABEL - 110) * value / longest)
            kind = "ours" if server.startswith(OURS) else "peer"
            parts += [
                f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(server)}</text>',
                f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" class="{kind}"/>',
                f'<text x="{LABEL + width + 6:.1f}" y="{y + 15}">{figure(value)}</text>',
            ]
    height = panel * len(results.workloads)
    style = ("text{font:13px sans-serif;fill:#222}.head{font-weight:bold}.ours{fill:#1f6feb}.peer{fill:#9aa4b2}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
            f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')
