//! A number that tells whether a text has changed.

/// FNV-1a, 64 bits, of bytes that come one part after the other. It is no protection against forgery.
#[derive(Clone, Copy, Debug)]
pub struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Checksum {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0 =
            bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }

    /// The number in hexadecimal, the same on every machine.
    pub fn written(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// The number of a text or of bytes, in hexadecimal.
pub fn checksum(bytes: impl AsRef<[u8]>) -> String {
    let mut checksum = Checksum::default();
    checksum.update(bytes.as_ref());
    checksum.written()
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
