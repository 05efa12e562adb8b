"""Many runs of one network, over values of its parameters."""
