"""What the proofs are made with: the engine, the stand-in images, a stack's working copy, the report."""
