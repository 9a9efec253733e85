//! Tables and spans of time.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

/// The lines of a table: rows below a header, columns apart by ` | ` as the official client does. The rows are made
/// twice, for the widths and for the lines, and never held: there may be half a million.
pub(super) fn table<const N: usize>(
    header: [String; N],
    rows: impl Iterator<Item = [String; N]> + Clone,
) -> impl Iterator<Item = String> {
    let mut widths = header.each_ref().map(|title| width(title));
    for row in rows.clone() {
        for (widest, cell) in widths.iter_mut().zip(&row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let rule = widths.map(|width| "-".repeat(width));
    [header, rule].into_iter().chain(rows).map(move |row| line(row, &widths))
}

fn line<const N: usize>(cells: [String; N], widths: &[usize; N]) -> String {
    let padded = cells.into_iter().zip(widths).map(|(cell, widest)| {
        let padding = " ".repeat(widest - width(&cell));
        cell + &padding
    });
    let joined = padded.collect::<Vec<_>>().join(" | ");
    format!("{}\n", joined.trim_end())
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Days,
    Hours,
    Minutes,
    Seconds,
}

/// The two largest units of a span and how many there are of each; one if the second is zero.
pub(super) fn units(span: Duration) -> impl Iterator<Item = (u64, Unit)> {
    const UNITS: [(u64, Unit); 4] =
        [(86_400, Unit::Days), (3600, Unit::Hours), (60, Unit::Minutes), (1, Unit::Seconds)];
    let seconds = span.as_secs();
    let largest = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let mut above = u64::MAX;
    UNITS[largest..].iter().take(2).enumerate().filter_map(move |(index, (unit, name))| {
        let count = seconds % above / unit;
        above = *unit;
        (index == 0 || count > 0).then_some((count, *name))
    })
}

/// A span in its two largest units, such as `2h 5m`, as options are written.
pub(super) fn span(span: Duration) -> String {
    let letter = |unit| match unit {
        Unit::Days => 'd',
        Unit::Hours => 'h',
        Unit::Minutes => 'm',
        Unit::Seconds => 's',
    };
    let parts: Vec<String> = units(span).map(|(count, unit)| format!("{count}{}", letter(unit))).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_shows_its_two_largest_units() {
        for (seconds, shown) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m 59s"), (7500, "2h 5m"), (86_400 * 29 + 10, "29d")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), shown);
        }
    }

    #[test]
    fn columns_line_up_with_chinese_names() {
        let rows = [["测试".to_owned(), "x".to_owned()], ["abcde".to_owned(), String::new()]];
        assert_eq!(
            table(["Name".to_owned(), "B".to_owned()], rows.into_iter()).collect::<String>(),
            "Name  | B\n----- | -\n测试  | x\nabcde |\n"
        );
    }
}
