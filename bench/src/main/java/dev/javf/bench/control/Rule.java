package dev.javf.bench.control;

/** Who takes part in a benchmark. */
enum Rule {
    /** This driver. */
    JAVF("javf", "#0b6e4f"),
    /** One synchronous round trip for each VLAN. */
    SYNCHRONOUS("one by one", "#c2570c"),
    /** Linux' published rules of before 2026. */
    LINUX("Linux rules", "#5b5fc7");

    private final String label;
    private final String colour;

    Rule(final String label, final String colour) {
        this.label = label;
        this.colour = colour;
    }

    /** Of its line in a plot. */
    String colour() {
        return colour;
    }

    String label() {
        return label;
    }
}
