"""From checked models to kernels: text and signatures, no arrays, no networks."""
