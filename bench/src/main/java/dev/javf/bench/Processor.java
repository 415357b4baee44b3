package dev.javf.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The machine's processor, as /proc/cpuinfo names it.
 *
 * @param model its name.
 * @param mhz clock rate that turns nanoseconds into cycles; 0 when unknown. It is what the kernel
 *     reports while the machine is busy with us, in a virtual machine the time stamp counter's
 *     rate. Cycles are therefore approximate.
 * @param count processors that are online.
 */
public record Processor(String model, double mhz, int count) {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** Reads what the kernel says about the machine this runs on. */
    public static Processor ofThisMachine() {
        try {
            return of(Files.readAllLines(CPUINFO));
        } catch (final IOException e) {
            return of(List.of());
        }
    }

    static Processor of(final List<String> cpuinfo) {
        String model = "unknown processor";
        double mhz = 0;
        int count = 0;
        for (final String line : cpuinfo) {
            final int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            final String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip()) {
                case "processor" -> count++;
                case "model name" -> model = value;
                case "cpu MHz" -> mhz = Math.max(mhz, Double.parseDouble(value));
                default -> {}
            }
        }
        return new Processor(model, mhz, count);
    }
}
