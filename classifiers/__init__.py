"""Text classifiers for rare kinds of news: seeds and background counts in, calibrated probabilities out.

    load_seeds → train (recipe, calibrate) → Model → save_model / load_model
    Model.score(documents) → probabilities; Model.explain(document, signal) → terms; evaluate(model, graded) → figures

Signals are data: each folder of seeds is one. This package imports nothing from ``monitor``.
"""
