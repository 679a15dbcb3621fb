"""Pictures where people would rather look than read: SVG drawn on the server, for portal and desk.

Each is a pure function of plain figures. It returns a `<figure>` with the drawing for wide and for
narrow places, a title, a description, and its figures as a table that opens below it. Pages that
show one link `static/pictures/pictures.css`; colours are its custom properties, light and dark.

| file | what stands there |
|---|---|
| `burndown` | the balance over time: forecast, thresholds, grants, the term's end |
| `bars` | credits per day as columns, per feature or person as rows |
| `timeline` | each block from its first to its last day, with what was used of it |
| `pairs` | before and after, two bars each |
| `steps` | how an amount got from one height to another: a waterfall |
| `stacks` | what some have in parts, a bar of up to three for each |
| `meter` | a gauge of used credits with marks at 50, 80 and 95 %, and overage up to its cap |
| `svg`, `scale`, `frame` | elements, axes, and the figure around a drawing |
"""
