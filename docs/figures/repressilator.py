"""Draws where the repressilator oscillates, from the results of jobs/repressilator.yaml.

    flowmap run jobs/repressilator.yaml
    flowmap merge results/repressilator -o results/repressilator.h5
    python3 docs/figures/repressilator.py results/repressilator.h5 > docs/figures/repressilator.svg
"""
import math
import sys

import h5py

COLUMNS, ROWS, CELL, LEFT, TOP = 48, 32, 10, 70, 16
LEVELS = [(1.01, "#f3efe6"), (2, "#cfe1dc"), (5, "#9ccbc7"), (20, "#5aa9ae"), (100, "#2b7a8c"), (math.inf, "#1c4f6b")]

with h5py.File(sys.argv[1]) as file:
    # The last name under `vary`, beta, runs fastest.
    swing = file["swing"][:].reshape(COLUMNS, ROWS)


def level(value):
    return next(number for number, (limit, _) in enumerate(LEVELS) if value <= limit)


paths = [[] for _ in LEVELS]
for row in range(ROWS):
    column = 0
    while column < COLUMNS:
        start, shade = column, level(swing[column, row])
        while column < COLUMNS and level(swing[column, row]) == shade:
            column += 1
        y = TOP + (ROWS - 1 - row) * CELL
        paths[shade].append(f"M{LEFT + start * CELL} {y}h{(column - start) * CELL}v{CELL}h-{(column - start) * CELL}z")

width, bottom = LEFT + COLUMNS * CELL, TOP + ROWS * CELL
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 150} {bottom + 54}" font-family="sans-serif" font-size="13" fill="#333">')
print(f'<rect width="{width + 150}" height="{bottom + 54}" fill="white"/>')
for (_, colour), path in zip(LEVELS, paths):
    print(f'<path fill="{colour}" shape-rendering="crispEdges" d="{"".join(path)}"/>')
for power in range(5):
    x = LEFT + COLUMNS * CELL * power / 4
    print(f'<text x="{x:g}" y="{bottom + 18}" text-anchor="middle">{10**power:,}</text>')
for power in (-1, 0, 1):
    y = bottom - ROWS * CELL * (power + 1) / 2
    print(f'<text x="{LEFT - 8}" y="{y + 5:g}" text-anchor="end">{10.0**power:g}</text>')
print(f'<text x="{LEFT + COLUMNS * CELL / 2:g}" y="{bottom + 42}" text-anchor="middle">proteins made per promoter, alpha</text>')
print(f'<text transform="translate(18 {TOP + ROWS * CELL / 2:g}) rotate(-90)" text-anchor="middle">protein decay over mRNA decay, beta</text>')
print(f'<text x="{width + 16}" y="{TOP + 12}">highest / lowest</text>')
names = ["steady", "to 2", "to 5", "to 20", "to 100", "above"]
for number, ((_, colour), name) in enumerate(zip(LEVELS, names)):
    y = TOP + 26 + number * 22
    print(f'<rect x="{width + 16}" y="{y}" width="18" height="18" fill="{colour}" stroke="#999" stroke-width="0.5"/>')
    print(f'<text x="{width + 42}" y="{y + 14}">{name}</text>')
print("</svg>")
