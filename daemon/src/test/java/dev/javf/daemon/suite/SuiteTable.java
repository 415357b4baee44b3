package dev.javf.daemon.suite;

import dev.javf.testing.Repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What docs/fidelity.md says about each of the suite's cases: a table with the columns number,
 * case, javf, iavf of Linux, why.
 */
public final class SuiteTable {
    private static final Path PAGE = Repository.file("docs/fidelity.md");
    private static final int COLUMNS = 5;

    private final List<Row> rows;

    /**
     * A case.
     *
     * @param number from 1 on.
     * @param name the suite's.
     * @param javf PASS or FAIL, with this project's driver.
     * @param iavf PASS or FAIL, with Linux's driver.
     * @param why it is so, where it isn't evident.
     */
    public record Row(int number, String name, String javf, String iavf, String why) {}

    private SuiteTable(final List<Row> rows) {
        this.rows = List.copyOf(rows);
    }

    /**
     * Reads the page.
     *
     * @throws IOException if it can't be read.
     */
    public static SuiteTable read() throws IOException {
        final List<Row> rows = new ArrayList<>();
        for (final String line : Files.readAllLines(PAGE)) {
            final String[] cells = line.split("\\|", -1);
            if (cells.length == COLUMNS + 2 && cells[1].strip().matches("\\d+")) {
                rows.add(
                        new Row(
                                Integer.parseInt(cells[1].strip()),
                                cells[2].strip(),
                                cells[3].strip(),
                                cells[4].strip(),
                                cells[5].strip()));
            }
        }
        return new SuiteTable(rows);
    }

    /**
     * All cases.
     *
     * @return in their order.
     */
    public List<Row> rows() {
        return rows;
    }

    /**
     * Cases that fail with Linux's driver.
     *
     * @return their names.
     */
    public Set<String> failingWithIavf() {
        final Set<String> failing = new TreeSet<>();
        for (final Row row : rows) {
            if (row.iavf().equals("FAIL")) {
                failing.add(row.name());
            }
        }
        return failing;
    }
}
