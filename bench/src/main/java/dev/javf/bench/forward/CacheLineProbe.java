package dev.javf.bench.forward;

import dev.javf.linux.CpuAffinity;

import java.util.Locale;

/**
 * Says how many nanoseconds a cache line takes from one processor to another and back: what two
 * processes share costs as much, and on a virtual machine it changes within minutes. Arguments: the
 * two processors' numbers.
 */
public final class CacheLineProbe {
    private CacheLineProbe() {}

    /**
     * Measures it.
     *
     * @param arguments two processors.
     */
    public static void main(final String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: CacheLineProbe PROCESSOR PROCESSOR");
            System.exit(2);
        }
        CpuAffinity.pin(Integer.parseInt(arguments[0]));
        try (SecondCore other = new SecondCore(Integer.parseInt(arguments[1]))) {
            other.serve(null);
            other.roundTripNs();
            System.out.printf(Locale.ROOT, "%.0f%n", other.roundTripNs());
        }
    }
}
