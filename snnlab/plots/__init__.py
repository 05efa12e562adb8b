"""Figures of a network, live and still, and the decimation that keeps them small.

Nothing here knows of notebooks, widgets or threads.
"""
