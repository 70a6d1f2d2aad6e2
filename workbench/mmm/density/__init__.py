"""The log-density, compiled, and the sampler that draws from it."""
