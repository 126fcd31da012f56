//! Address ranges: `172.28.0.0/16`.

use std::net::IpAddr;

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    is_ipv4: bool,
    first: u128,
    last: u128,
}

impl Subnet {
    /// Reads `ADDRESS/BITS`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
        let width = if address.is_ipv4() { 32 } else { 128 };
        let free = width - Some(bits).filter(|bits| *bits <= width)?;
        let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        let first = number(address) & !mask;
        Some(Self { is_ipv4: address.is_ipv4(), first, last: first | mask })
    }

    /// Whether an address lies in it.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.is_ipv4 == address.is_ipv4() && (self.first..=self.last).contains(&number(address))
    }

    /// Whether it has addresses of the same kind.
    pub(super) fn is_like(self, address: IpAddr) -> bool {
        self.is_ipv4 == address.is_ipv4()
    }

    /// Whether both have an address in common.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.is_ipv4 == other.is_ipv4 && self.first <= other.last && other.first <= self.last
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Subnet;

    #[test]
    fn ranges_know_what_lies_in_them() {
        let read = |text: &str| Subnet::read(text).expect(text);
        assert!(read("172.28.5.9/16").contains("172.28.0.1".parse().expect("address")));
        assert!(!read("172.28.0.0/16").contains("172.29.0.1".parse().expect("address")));
        assert!(!read("0.0.0.0/0").contains("::1".parse().expect("address")));
        assert!(read("::/0").contains("2001:db8::1".parse().expect("address")));
        assert!(read("10.0.0.0/8").overlaps(read("10.9.0.0/24")));
        assert!(!read("10.1.0.0/16").overlaps(read("10.2.0.0/16")));
        for text in ["172.28.0.0", "172.28.0.0/33", "x/8", "10.0.0.0/-1"] {
            assert!(Subnet::read(text).is_none(), "{text}");
        }
    }
}
