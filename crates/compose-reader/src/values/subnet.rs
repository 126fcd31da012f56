//! Ranges of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::Invalid;

/// A range of addresses: `172.28.0.0/16`.
///
/// ```
/// use compose_reader::values::Subnet;
///
/// let subnet: Subnet = "172.28.5.9/16".parse().expect("a subnet");
/// assert!(subnet.contains("172.28.0.1".parse().expect("an address")));
/// assert_eq!(subnet.to_string(), "172.28.0.0/16");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    is_ipv4: bool,
    first: u128,
    last: u128,
    bits: u32,
}

impl Subnet {
    /// Whether an address lies in it.
    pub fn contains(self, address: IpAddr) -> bool {
        self.is_ipv4 == address.is_ipv4() && (self.first..=self.last).contains(&number(address))
    }

    /// Whether it has addresses of the same kind.
    pub fn is_like(self, address: IpAddr) -> bool {
        self.is_ipv4 == address.is_ipv4()
    }

    /// Whether both have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.is_ipv4 == other.is_ipv4 && self.first <= other.last && other.first <= self.last
    }
}

/// Source: Go's `net.ParseCIDR`, by which the engine reads what stands in `ipam`.
impl FromStr for Subnet {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        subnet(text).ok_or(Invalid { expected: "a range of addresses: `172.28.0.0/16`" })
    }
}

fn subnet(text: &str) -> Option<Subnet> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok().filter(|_| bits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let width: u32 = if address.is_ipv4() { 32 } else { 128 };
    let free = width.checked_sub(bits)?;
    let mask = u128::MAX.checked_shl(free).map_or(u128::MAX, |fixed| !fixed);
    let first = number(address) & !mask;
    Some(Subnet { is_ipv4: address.is_ipv4(), first, last: first | mask, bits })
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Its first address and its bits.
impl fmt::Display for Subnet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = match u32::try_from(self.first) {
            Ok(first) if self.is_ipv4 => IpAddr::V4(Ipv4Addr::from(first)),
            _ => IpAddr::V6(Ipv6Addr::from(self.first)),
        };
        write!(formatter, "{first}/{}", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::Subnet;

    #[test]
    fn ranges_know_what_lies_in_them() {
        let read = |text: &str| text.parse::<Subnet>().expect(text);
        assert!(read("172.28.5.9/16").contains("172.28.0.1".parse().expect("address")));
        assert!(!read("172.28.0.0/16").contains("172.29.0.1".parse().expect("address")));
        assert!(!read("0.0.0.0/0").contains("::1".parse().expect("address")));
        assert!(read("::/0").contains("2001:db8::1".parse().expect("address")));
        assert!(read("10.0.0.0/8").overlaps(read("10.9.0.0/24")));
        assert!(!read("10.1.0.0/16").overlaps(read("10.2.0.0/16")));
        for text in ["172.28.0.0", "172.28.0.0/33", "x/8", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/"] {
            assert!(text.parse::<Subnet>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(address in any::<IpAddr>(), bits in 0..=128_u32, text in "\\PC*") {
            if let Ok(subnet) = format!("{address}/{bits}").parse::<Subnet>() {
                prop_assert_eq!(subnet.to_string().parse(), Ok(subnet));
                prop_assert!(subnet.contains(address));
            }
            let _ = text.parse::<Subnet>();
        }
    }
}
