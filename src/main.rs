//! The `stackgen` program.

fn main() {}
