//! A directed graph of names: who must come before whom. Deterministic: everything goes in name order.

use std::collections::{HashSet, VecDeque};

use indexmap::IndexMap;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

/// Names and the arrows between them; an arrow goes from a name to what it needs.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    graph: DiGraph<&'a str, ()>,
    index: IndexMap<&'a str, NodeIndex>,
    /// The arrows, of which the graph keeps a list for each name.
    edges: HashSet<(NodeIndex, NodeIndex)>,
}

impl<'a> Graph<'a> {
    /// A graph of these names, without arrows.
    pub fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut graph = Self::default();
        for name in names {
            graph.node(name);
        }
        graph
    }

    /// Says that `from` needs `to`; names that are new are added.
    pub fn edge(&mut self, from: &'a str, to: &'a str) {
        let (from, to) = (self.node(from), self.node(to));
        if self.edges.insert((from, to)) {
            self.graph.add_edge(from, to, ());
        }
    }

    fn node(&mut self, name: &'a str) -> NodeIndex {
        *self.index.entry(name).or_insert_with(|| self.graph.add_node(name))
    }

    /// The names by the round in which they can come: each needs only names of earlier rounds, one of the round before among
    /// them. Within a round by name. `None` where names need each other.
    pub fn rounds(&self) -> Option<Vec<Vec<&'a str>>> {
        let mut rounds: Vec<Vec<&'a str>> = Vec::new();
        for (node, depth) in self.depths()? {
            if rounds.len() <= depth {
                rounds.resize_with(depth.saturating_add(1), Vec::new);
            }
            if let Some(round) = rounds.get_mut(depth) {
                round.push(self.graph[node]);
            }
        }
        rounds.iter_mut().for_each(|round| round.sort_unstable());
        Some(rounds)
    }

    /// The longest way along the arrows; of several, the first by name. `None` where names need each other.
    pub fn longest_chain(&self) -> Option<Vec<&'a str>> {
        let depths = self.depths()?;
        let farthest = |nodes: &mut dyn Iterator<Item = NodeIndex>| {
            nodes.min_by_key(|node| (std::cmp::Reverse(depths.get(node)), self.graph[*node]))
        };
        let mut chain = Vec::new();
        let mut next = farthest(&mut self.graph.node_indices());
        while let Some(node) = next {
            chain.push(self.graph[node]);
            next = farthest(&mut self.graph.neighbors(node));
        }
        Some(chain)
    }

    /// How many names have to come before each, one after the other.
    fn depths(&self) -> Option<IndexMap<NodeIndex, usize>> {
        let mut depths: IndexMap<NodeIndex, usize> = IndexMap::new();
        for node in toposort(&self.graph, None).ok()?.into_iter().rev() {
            let needs = self.graph.neighbors(node).filter_map(|needed| depths.get(&needed));
            let depth = needs.max().map_or(0, |deepest| deepest.saturating_add(1));
            depths.insert(node, depth);
        }
        Some(depths)
    }

    /// One shortest cycle for each knot of names that need each other, sorted by first name. A cycle begins with its
    /// smallest name and does not repeat it: `[a, b]` is `a → b → a`.
    pub fn cycles(&self) -> Vec<Vec<&'a str>> {
        let mut cycles: Vec<Vec<&'a str>> = tarjan_scc(&self.graph)
            .into_iter()
            .filter_map(|component| {
                let first = *component.iter().min_by_key(|node| self.graph[**node])?;
                if component.len() > 1 || self.graph.contains_edge(first, first) {
                    self.shortest_cycle(first)
                } else {
                    None
                }
            })
            .collect();
        cycles.sort();
        cycles
    }

    /// Breadth first from `start` back to itself, neighbours in name order.
    fn shortest_cycle(&self, start: NodeIndex) -> Option<Vec<&'a str>> {
        let mut parents: IndexMap<NodeIndex, NodeIndex> = IndexMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            let mut next: Vec<NodeIndex> = self.graph.neighbors(node).collect();
            next.sort_by_key(|node| self.graph[*node]);
            for neighbour in next {
                if neighbour == start {
                    let mut path = vec![self.graph[node]];
                    let mut at = node;
                    while at != start {
                        at = *parents.get(&at)?;
                        path.push(self.graph[at]);
                    }
                    path.reverse();
                    return Some(path);
                }
                if !parents.contains_key(&neighbour) {
                    parents.insert(neighbour, node);
                    queue.push_back(neighbour);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    fn cycles(edges: &[(&'static str, &'static str)]) -> Vec<Vec<&'static str>> {
        let mut graph = Graph::new(["z", "a"]);
        for (from, to) in edges {
            graph.edge(from, to);
        }
        graph.cycles()
    }

    #[test]
    fn each_name_comes_in_the_round_after_the_last_one_that_it_needs() {
        let mut graph = Graph::new(["gateway", "cache", "api", "database", "other"]);
        for (from, to) in [("gateway", "api"), ("api", "database"), ("api", "cache"), ("gateway", "cache")] {
            graph.edge(from, to);
        }
        let rounds = [vec!["cache", "database", "other"], vec!["api"], vec!["gateway"]];
        assert_eq!(graph.rounds().as_deref(), Some(&rounds[..]));
        assert_eq!(graph.longest_chain().as_deref(), Some(&["gateway", "api", "cache"][..]));
        graph.edge("cache", "gateway");
        assert_eq!((graph.rounds(), graph.longest_chain()), (None, None));
        assert_eq!(Graph::new([]).longest_chain(), Some(Vec::new()));
    }

    #[test]
    fn a_tree_has_no_cycle() {
        assert!(cycles(&[("a", "b"), ("a", "c"), ("b", "c")]).is_empty());
    }

    #[test]
    fn each_knot_gives_its_shortest_cycle_from_the_smallest_name() {
        assert_eq!(cycles(&[("a", "a")]), [vec!["a"]]);
        assert_eq!(cycles(&[("c", "a"), ("a", "b"), ("b", "c"), ("b", "a")]), [vec!["a", "b"]]);
        assert_eq!(
            cycles(&[("y", "z"), ("z", "y"), ("c", "b"), ("b", "c"), ("z", "b")]),
            [vec!["b", "c"], vec!["y", "z"]]
        );
    }
}
