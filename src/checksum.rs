//! A number that tells whether a text has changed.

/// FNV-1a, 64 bits, in hexadecimal: the same on every machine. It is no protection against forgery.
pub fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::checksum;

    /// Source: the test vectors of the FNV specification (draft-eastlake-fnv).
    #[test]
    fn it_is_fnv() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_eq!(checksum("a"), "af63dc4c8601ec8c");
        assert_eq!(checksum("foobar"), "85944171f73967e8");
    }
}
