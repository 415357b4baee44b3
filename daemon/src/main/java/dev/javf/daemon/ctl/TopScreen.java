package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.DaemonCounterTypes;
import dev.javf.daemon.control.Request;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.ResetCause;
import dev.javf.packet.CounterType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What {@code javfctl top} shows: the difference of two samples of a counters file. */
final class TopScreen {
    private static final double NS_PER_MS = 1e6;
    private static final long STUCK_NS = 1_000_000_000L;
    private static final String UNITS = " kMGTP";

    private final TopSample before;
    private final TopSample now;

    TopScreen(final TopSample before, final TopSample now) {
        this.before = before;
        this.now = now;
    }

    /** A virtual function between the two samples; rates are per second. */
    private record Function(
            String name,
            String state,
            boolean isUp,
            long mbps,
            double rxPackets,
            double rxBits,
            double txPackets,
            double txBits,
            double drops,
            long resets,
            double messages) {}

    /** A port. */
    private record Port(
            String name,
            double inPackets,
            double inBits,
            double outPackets,
            double outBits,
            double drops) {}

    /** A thread. */
    private record Worker(
            String name,
            String state,
            double busyPercent,
            double cyclesPerSecond,
            double silentMs,
            double longestMs,
            long stalls) {}

    private double rate(final String owner, final CounterType first, final CounterType last) {
        return now.rate(before, owner, first.id(), last.id());
    }

    private double rate(final String owner, final CounterType type) {
        return rate(owner, type, type);
    }

    private List<Function> functions() {
        final List<Function> functions = new ArrayList<>();
        for (final String name : now.owners(DriverCounterTypes.STATE.id())) {
            final long link = now.value(name, DriverCounterTypes.LINK.id());
            long resets = 0;
            for (final ResetCause cause : ResetCause.values()) {
                resets += now.value(name, DriverCounterTypes.of(cause).id());
            }
            functions.add(
                    new Function(
                            name,
                            state(now.value(name, DriverCounterTypes.STATE.id())),
                            link != 0,
                            now.value(name, DriverCounterTypes.LINK_MBPS.id()),
                            rate(name, DriverCounterTypes.RX_PACKETS),
                            8 * rate(name, DriverCounterTypes.RX_BYTES),
                            rate(name, DriverCounterTypes.TX_PACKETS),
                            8 * rate(name, DriverCounterTypes.TX_BYTES),
                            rate(
                                            name,
                                            DriverCounterTypes.RX_ERROR_DROPS,
                                            DriverCounterTypes.RX_LENGTH_DROPS)
                                    + rate(
                                            name,
                                            DriverCounterTypes.TX_SHORT_DROPS,
                                            DriverCounterTypes.TX_PIECE_DROPS)
                                    + rate(
                                            name,
                                            DaemonCounterTypes.NO_PORT,
                                            DaemonCounterTypes.QUEUES_GONE),
                            resets,
                            rate(name, DriverCounterTypes.of(DriverCounter.MESSAGES_SENT))));
        }
        return functions;
    }

    private static String state(final long number) {
        return Arrays.stream(LifecycleState.values())
                .filter(state -> state.code() == number)
                .map(LifecycleState::name)
                .findFirst()
                .orElse("?");
    }

    private List<Port> ports() {
        final List<Port> ports = new ArrayList<>();
        for (final String name : now.owners(DaemonCounterTypes.PORT_RX_PACKETS.id())) {
            ports.add(
                    new Port(
                            name,
                            rate(name, DaemonCounterTypes.PORT_RX_PACKETS),
                            8 * rate(name, DaemonCounterTypes.PORT_RX_BYTES),
                            rate(name, DaemonCounterTypes.PORT_TX_PACKETS),
                            8 * rate(name, DaemonCounterTypes.PORT_TX_BYTES),
                            rate(
                                            name,
                                            DaemonCounterTypes.PORT_RX_TOO_LONG,
                                            DaemonCounterTypes.PORT_RX_ERRORS)
                                    + rate(
                                            name,
                                            DaemonCounterTypes.PORT_TX_ERRORS,
                                            DaemonCounterTypes.PORT_TX_FULL)));
        }
        return ports;
    }

    private List<Worker> workers() {
        final List<Worker> workers = new ArrayList<>();
        for (final String name : now.owners(DaemonCounterTypes.BEATS.id())) {
            final double beats = rate(name, DaemonCounterTypes.BEATS);
            final double busy = rate(name, DaemonCounterTypes.BUSY_CYCLES);
            final long silentNs = now.nowNs() - now.value(name, DaemonCounterTypes.LAST_BEAT.id());
            workers.add(
                    new Worker(
                            name,
                            silentNs > STUCK_NS ? "stuck" : "ok",
                            beats > 0 ? Math.min(100 * busy / beats, 100) : 0,
                            16 * beats,
                            Math.max(silentNs, 0) / NS_PER_MS,
                            now.value(name, DaemonCounterTypes.LONGEST_BEAT.id()) / NS_PER_MS,
                            now.value(name, DaemonCounterTypes.STALLS.id())));
        }
        return workers;
    }

    /**
     * For people.
     *
     * @param head the first line.
     * @param colour for the states and titles.
     */
    String print(final String head, final Colour colour) {
        final Table functions =
                new Table(
                        "FUNCTION",
                        "STATE",
                        "LINK",
                        "RX-PPS",
                        "RX-BIT/S",
                        "TX-PPS",
                        "TX-BIT/S",
                        "DROPS/S",
                        "RESETS",
                        "MSG/S");
        for (final Function each : functions()) {
            functions.row(
                    each.name(),
                    each.state(),
                    each.isUp() ? shortened(1e6 * each.mbps()) + "b/s" : "down",
                    shortened(each.rxPackets()),
                    shortened(each.rxBits()),
                    shortened(each.txPackets()),
                    shortened(each.txBits()),
                    shortened(each.drops()),
                    each.resets(),
                    shortened(each.messages()));
        }
        final Table ports =
                new Table("PORT", "IN-PPS", "IN-BIT/S", "OUT-PPS", "OUT-BIT/S", "DROPS/S");
        for (final Port each : ports()) {
            ports.row(
                    each.name(),
                    shortened(each.inPackets()),
                    shortened(each.inBits()),
                    shortened(each.outPackets()),
                    shortened(each.outBits()),
                    shortened(each.drops()));
        }
        final Table workers =
                new Table(
                        "THREAD",
                        "STATE",
                        "BUSY-%",
                        "CYCLES/S",
                        "SILENT-MS",
                        "LONGEST-MS",
                        "STALLS");
        for (final Worker each : workers()) {
            workers.row(
                    each.name(),
                    each.state(),
                    fixed(each.busyPercent()),
                    shortened(each.cyclesPerSecond()),
                    fixed(each.silentMs()),
                    fixed(each.longestMs()),
                    each.stalls());
        }
        final StringBuilder text = new StringBuilder(head);
        for (final Table table : List.of(functions, ports, workers)) {
            if (!table.isEmpty()) {
                text.append('\n').append(table.print(colour));
            }
        }
        return text.toString();
    }

    /** For programs. */
    ObjectNode json() {
        final ObjectNode answer = Request.MAPPER.createObjectNode();
        answer.put("seconds", (now.nowNs() - before.nowNs()) / 1e9);
        add(answer.putArray("functions"), functions());
        add(answer.putArray("ports"), ports());
        add(answer.putArray("threads"), workers());
        return answer;
    }

    private static void add(final ArrayNode array, final List<? extends Record> records) {
        for (final Record each : records) {
            final ObjectNode node = array.addObject();
            switch (each) {
                case final Function f ->
                        node.put("name", f.name())
                                .put("state", f.state())
                                .put("link", f.isUp())
                                .put("speed_mbps", f.mbps())
                                .put("rx_packets", f.rxPackets())
                                .put("rx_bits", f.rxBits())
                                .put("tx_packets", f.txPackets())
                                .put("tx_bits", f.txBits())
                                .put("drops", f.drops())
                                .put("resets", f.resets())
                                .put("messages", f.messages());
                case final Port p ->
                        node.put("name", p.name())
                                .put("in_packets", p.inPackets())
                                .put("in_bits", p.inBits())
                                .put("out_packets", p.outPackets())
                                .put("out_bits", p.outBits())
                                .put("drops", p.drops());
                case final Worker w ->
                        node.put("name", w.name())
                                .put("state", w.state())
                                .put("busy_percent", w.busyPercent())
                                .put("cycles", w.cyclesPerSecond())
                                .put("silent_ms", w.silentMs())
                                .put("longest_ms", w.longestMs())
                                .put("stalls", w.stalls());
                default -> throw new IllegalStateException("no line for " + each);
            }
        }
    }

    private static String fixed(final double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Three digits and a power of a thousand. */
    private static String shortened(final double value) {
        double rest = value;
        int power = 0;
        while (rest >= 999.5 && power < UNITS.length() - 1) {
            rest /= 1000;
            power++;
        }
        final String digits =
                String.format(
                        Locale.ROOT,
                        rest < 10 && power > 0 ? "%.2f" : rest < 100 && power > 0 ? "%.1f" : "%.0f",
                        rest);
        return power == 0 ? digits : digits + UNITS.charAt(power);
    }
}
