"""Messages moved towards those that resemble them: what a few words leave open, their neighbours tell."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from assistant.monitoring.proposals import Matrix

NEIGHBOURS = 10
SHARE = 0.3  # of the way to the mean of the neighbours


def smoothed(rows: Matrix, near: Matrix) -> Matrix:
    """Each of `rows` moved by SHARE towards the mean of its neighbours, the nearest of which weigh most.

    Manifold denoising (Hein & Maier 2006): one step of diffusion on the graph in which two rows are joined where either
    is among the other's NEIGHBOURS nearest by the cosine of `near`, which is the edge's weight. What differs among
    messages that mean the same averages out, and groups come apart. A row that resembles none stays.
    Shapes: rows (rows, dimension), near (rows, any dimension) -> (rows, dimension).
    """
    count = min(NEIGHBOURS, len(rows) - 1)
    if count < 1:
        return rows
    finder = NearestNeighbors(n_neighbors=count, metric="cosine").fit(near.astype(np.float32))
    graph = finder.kneighbors_graph(mode="distance")  # of the fitted rows: none is its own neighbour
    graph.data = np.maximum(1 - graph.data, 0).astype(np.float64)
    graph = graph + graph.T
    weights = np.asarray(graph.sum(axis=1)).reshape(-1, 1)
    means = (graph @ rows) / np.maximum(weights, 1e-12)
    moved: Matrix = np.where(weights > 0, rows + SHARE * (means - rows), rows)
    return moved
