package dev.javf.daemon.ctl;

import java.util.ArrayList;
import java.util.List;

/** Rows with aligned columns. What looks like a number goes to the right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * A table without rows.
     *
     * @param titles of the columns.
     */
    Table(final String... titles) {
        rows.add(List.of(titles));
    }

    /** One more row, with as many cells as there are titles. */
    void row(final Object... cells) {
        final List<String> row = new ArrayList<>();
        for (final Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
    }

    /**
     * The table.
     *
     * @param colour for the states and titles.
     * @return lines.
     */
    String print(final Colour colour) {
        final int columns = rows.getFirst().size();
        final int[] widths = new int[columns];
        for (final List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        final StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                final String cell = rows.get(r).get(i);
                final String space = " ".repeat(widths[i] - cell.length());
                final String shown = r == 0 ? cell : colour.state(cell);
                line.append(i == 0 ? "" : "  ").append(isNumber(i) ? space + shown : shown + space);
            }
            final String trimmed = line.toString().stripTrailing();
            text.append(r == 0 ? colour.title(trimmed) : trimmed).append('\n');
        }
        return text.toString();
    }

    /** Titles, and then the rows. */
    List<List<String>> rows() {
        return rows;
    }

    boolean isEmpty() {
        return rows.size() == 1;
    }

    /** Whether a column has numbers only. */
    boolean isNumber(final int column) {
        return rows.size() > 1
                && rows.stream()
                        .skip(1)
                        .allMatch(row -> row.get(column).matches("-?[0-9.]+[kMGTP]?|-|"));
    }
}
