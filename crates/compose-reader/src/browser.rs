//! What browsers refuse.

use crate::values::PortRange;

/// Ports that browsers do not open, in order.
///
/// Source: the Fetch standard of WHATWG, "bad port".
const BLOCKED: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// The first of some ports on which browsers open no page.
pub fn blocked_port(ports: PortRange) -> Option<u16> {
    let from = BLOCKED.partition_point(|blocked| *blocked < ports.first);
    BLOCKED.get(from).copied().filter(|blocked| ports.contains(*blocked))
}

#[cfg(test)]
mod tests {
    use super::{PortRange, blocked_port};

    #[test]
    fn the_first_of_a_range_is_told() {
        for (first, last, blocked) in [
            (6000, 6700, Some(6000)),
            (8000, 8999, None),
            (10080, u16::MAX, Some(10080)),
            (10081, u16::MAX, None),
        ] {
            assert_eq!(blocked_port(PortRange { first, last }), blocked);
        }
    }
}
