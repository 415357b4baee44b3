package dev.javf.bench.forward;

import dev.javf.bench.Processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results as a table in Markdown, one for each speed of the processors' exchange. */
final class ForwardTable {
    /** Fewer samples than that say nothing. */
    private static final int SAMPLES_MIN = 3;

    /** What disturbs a sample only makes it slower. */
    private static final double SHARE = 0.1;

    private final List<String> names;
    private final Sample[][][] samples;
    private final int[] bursts;
    private final Processor processor = Processor.ofThisMachine();
    private final StringBuilder text = new StringBuilder();

    private ForwardTable(
            final List<String> names, final Sample[][][] samples, final int... bursts) {
        this.names = names;
        this.samples = samples;
        this.bursts = bursts;
    }

    /**
     * The tables.
     *
     * @param names of the contestants; ratios are to the first.
     * @param samples by burst, contestant and round.
     * @param bursts the sizes.
     */
    static String of(
            final Place place,
            final List<String> names,
            final Sample[][][] samples,
            final int... bursts) {
        final ForwardTable table = new ForwardTable(names, samples, bursts);
        table.text.append(
                String.format(
                        Locale.ROOT,
                        "%s; %s, %.0f MHz, %d processors, load %.1f; %d rounds%n",
                        place.words(),
                        table.processor.model(),
                        table.processor.mhz(),
                        table.processor.count(),
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                                .getSystemLoadAverage(),
                        samples[0][0].length));
        if (place == Place.SAME) {
            table.table(new Speeds.Range(0, 0));
            return table.text.toString();
        }
        final List<Sample> all = new ArrayList<>();
        for (final Sample[][] burst : samples) {
            for (final Sample[] contestant : burst) {
                all.addAll(List.of(contestant));
            }
        }
        final List<Speeds.Range> speeds = Speeds.of(all);
        for (final Speeds.Range speed : speeds) {
            table.text.append(
                    String.format(
                            Locale.ROOT,
                            "%nA cache line there and back: %.0f to %.0f ns; %d of %d samples%n",
                            speed.lowestNs(),
                            speed.highestNs(),
                            all.stream().filter(speed::has).count(),
                            all.size()));
            table.table(speed);
        }
        table.text.append(
                String.format(
                        Locale.ROOT,
                        "%n%d samples left out: the exchange changed its speed during them, or was"
                                + " disturbed%n",
                        all.stream()
                                .filter(sample ->
                                        speeds.stream().noneMatch(speed -> speed.has(sample)))
                                .count()));
        return table.text.toString();
    }

    private void table(final Speeds.Range speed) {
        text.append("\n| burst |");
        for (int i = 0; i < names.size(); i++) {
            text.append(' ').append(names.get(i)).append(" ns | cycles |");
            text.append(i == 0 ? "" : " x " + names.getFirst() + " | of pairs |");
        }
        text.append("\n|--:|");
        text.append("--:|".repeat(2 * names.size() + 2 * (names.size() - 1)));
        text.append('\n');
        for (int b = 0; b < bursts.length; b++) {
            row(speed, b);
        }
        text.append('\n');
        for (int i = 0; i < names.size(); i++) {
            notes(speed, i);
        }
    }

    /** What else there is to say about a contestant, over all bursts. */
    private void notes(final Speeds.Range speed, final int i) {
        double found = 1;
        double bytes = 0;
        for (int b = 0; b < bursts.length; b++) {
            for (final Sample sample : samples[b][i]) {
                if (speed.has(sample)) {
                    found = Math.min(found, sample.found() / bursts[b]);
                    bytes = Math.max(bytes, sample.bytes());
                }
            }
        }
        text.append(
                String.format(
                        Locale.ROOT,
                        "%s: polls that found packets found %.0f %% of a burst or more; at most"
                                + " %.2f bytes allocated for a packet%n",
                        names.get(i),
                        100 * found,
                        bytes));
    }

    private void row(final Speeds.Range speed, final int b) {
        text.append(String.format(Locale.ROOT, "| %d |", bursts[b]));
        final double base = ns(speed, samples[b][0]);
        for (int i = 0; i < names.size(); i++) {
            final Sample[] mine = samples[b][i];
            final double ns = ns(speed, mine);
            if (Double.isNaN(ns)) {
                text.append(" - |".repeat(i == 0 ? 2 : 4));
                continue;
            }
            text.append(
                    String.format(Locale.ROOT, " %.2f | %.0f |", ns, ns * processor.mhz() / 1000));
            if (i > 0) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                " %s | %s |",
                                ratio(ns / base),
                                ratio(pairs(speed, samples[b][0], mine))));
            }
        }
        text.append('\n');
    }

    private static String ratio(final double ratio) {
        return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f", ratio);
    }

    /** What a tenth of the undisturbed samples took at most; NaN if there are too few. */
    private static double ns(final Speeds.Range speed, final Sample[] samples) {
        final double[] fit =
                List.of(samples).stream().filter(speed::has).mapToDouble(Sample::ns).toArray();
        return fit.length < SAMPLES_MIN ? Double.NaN : Speeds.quantile(fit, SHARE);
    }

    /** The median of the ratios of samples of one round, one after the other. */
    private static double pairs(
            final Speeds.Range speed, final Sample[] bases, final Sample[] mine) {
        final List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < mine.length; round++) {
            if (speed.has(bases[round]) && speed.has(mine[round])) {
                ratios.add(mine[round].ns() / bases[round].ns());
            }
        }
        return ratios.size() < SAMPLES_MIN
                ? Double.NaN
                : Speeds.quantile(ratios.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }
}
