//! Who has which ports, found without looking at everybody.

use std::collections::HashMap;

use super::PortRange;

/// A block of ports: those that share all but their last so many bits.
type Block = (u32, u32);

/// How many bits a port has.
const BITS: u32 = u16::BITS;

/// Ranges of ports, each with the number that it is added under, from the first on.
///
/// ```
/// use compose_reader::values::{PortIndex, PortRange};
///
/// let mut index = PortIndex::default();
/// index.add(PortRange { first: 8000, last: 8010 });
/// index.add(PortRange::one(8005));
/// assert_eq!(index.first(PortRange { first: 8005, last: 9000 }, |_| true), Some(0));
/// assert_eq!(index.first(PortRange::one(8005), |number| number > 0), Some(1));
/// assert_eq!(index.first(PortRange::one(8011), |_| true), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct PortIndex {
    added: usize,
    /// The ranges that a block is a part of: of a few blocks that each is made of.
    whole: HashMap<Block, Vec<usize>>,
    /// The ranges that have such a part inside a block.
    inside: HashMap<Block, Vec<usize>>,
}

impl PortIndex {
    /// Adds a range under the next number.
    pub fn add(&mut self, range: PortRange) {
        let number = self.added;
        self.added = number.saturating_add(1);
        for block in blocks(range) {
            self.whole.entry(block).or_default().push(number);
            for above in around(block) {
                let inside = self.inside.entry(above).or_default();
                if inside.last() != Some(&number) {
                    inside.push(number);
                }
            }
        }
    }

    /// The lowest number of a range that has a port in common with this one, and is such a one.
    pub fn first(&self, range: PortRange, mut is_such: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut found: Option<usize> = None;
        let mut look = |numbers: Option<&Vec<usize>>| {
            let earlier =
                numbers.into_iter().flatten().take_while(|number| found.is_none_or(|found| **number < found));
            found = earlier.copied().find(|number| is_such(*number)).or(found);
        };
        for block in blocks(range) {
            look(self.inside.get(&block));
            look(self.whole.get(&block));
            around(block).for_each(|above| look(self.whole.get(&above)));
        }
        found
    }
}

/// The largest blocks that a range is made of.
fn blocks(range: PortRange) -> Vec<Block> {
    let (mut first, behind) = (u32::from(range.first), u32::from(range.last).saturating_add(1));
    let mut found = Vec::new();
    while first < behind {
        let fits = |bits: &u32| first.is_multiple_of(1 << bits) && first.saturating_add(1 << bits) <= behind;
        let bits = (0..=BITS).rev().find(fits).unwrap_or_default();
        found.push((bits, first >> bits));
        first = first.saturating_add(1 << bits);
    }
    found
}

/// The blocks that a block lies in.
fn around((bits, at): Block) -> impl Iterator<Item = Block> {
    (bits.saturating_add(1)..=BITS).map(move |above| (above, at >> above.saturating_sub(bits)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PortIndex, PortRange};

    fn range() -> impl Strategy<Value = PortRange> {
        let near = prop_oneof![0..40_u16, 65_500..=u16::MAX, any::<u16>()];
        (near.clone(), near)
            .prop_map(|(one, other)| PortRange { first: one.min(other), last: one.max(other) })
    }

    proptest! {
        #[test]
        fn it_finds_whom_looking_at_everybody_finds(
            ranges in prop::collection::vec(range(), 0..30),
            asked in range(),
            from in 0..30_usize,
        ) {
            let mut index = PortIndex::default();
            ranges.iter().for_each(|range| index.add(*range));
            let expected = ranges.iter().skip(from).position(|range| range.overlap(asked).is_some());
            prop_assert_eq!(index.first(asked, |number| number >= from), expected.map(|at| at + from));
        }
    }
}
