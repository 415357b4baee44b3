package dev.javf.bench.forward;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The speeds at which two processors exchanged cache lines during a run: ranges of round trips with
 * a gap between them. A speed that few samples had is none: those were disturbed.
 */
final class Speeds {
    private static final double GAP = 1.2;
    private static final double SHARE_MIN = 0.05;

    private Speeds() {}

    /**
     * A range of round trips.
     *
     * @param lowestNs included.
     * @param highestNs included.
     */
    record Range(double lowestNs, double highestNs) {
        boolean has(final Sample sample) {
            return sample.isSteady()
                    && sample.roundTripNs() >= lowestNs
                    && sample.roundTripNs() <= highestNs;
        }
    }

    static List<Range> of(final List<Sample> samples) {
        final double[] sorted =
                samples.stream()
                        .filter(Sample::isSteady)
                        .mapToDouble(Sample::roundTripNs)
                        .sorted()
                        .toArray();
        final List<Range> ranges = new ArrayList<>();
        int first = 0;
        for (int i = 1; i <= sorted.length; i++) {
            if (i == sorted.length || sorted[i] > GAP * sorted[i - 1]) {
                if (i - first >= SHARE_MIN * samples.size()) {
                    ranges.add(new Range(sorted[first], sorted[i - 1]));
                }
                first = i;
            }
        }
        return ranges;
    }

    /** The value that a share of all is below or at. */
    static double quantile(final double[] values, final double share) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
    }
}
