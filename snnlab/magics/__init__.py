"""The notebook language: ``%load_ext snnlab`` brings ``%%neuron`` and ``%%synapse``."""
