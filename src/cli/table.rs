//! Tables for a terminal.

use crate::report::escape::{columns, visible_line};

/// Rows below their headings, each column as wide as it has to be.
pub(super) fn table<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let headings = headings.map(str::to_owned);
    let rows: Vec<[String; COLUMNS]> =
        rows.iter().map(|row| std::array::from_fn(|at| visible_line(&row[at]).into_owned())).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&headings]).map(|row| columns(&row[column]));
        cells.max().unwrap_or_default()
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| cell.clone() + &" ".repeat(width - columns(cell)))
            .collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    [&headings].into_iter().chain(&rows).map(line).collect()
}
