package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Counters;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VersionInfo;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Supplier;

class VirtchnlChannelTest {
    private static final long TIMEOUT_NS = 1000;
    private static final QueueSelect QUEUES = new QueueSelect(1, 1, 1);

    private long clockNs;
    private final PfStub pf = new PfStub();
    private final InProcessDoor device = new InProcessDoor(pf);
    private final AdminQueue queue = new AdminQueue(device, new Registers(device.bar(0)));
    private final DriverCounters counters = new DriverCounters(Counters.PRIVATE);
    private final List<String> told = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private final VirtchnlChannel channel =
            new VirtchnlChannel(
                    queue,
                    counters,
                    new DistinctLog(new LogLines(), ""),
                    new Events(),
                    8,
                    TIMEOUT_NS,
                    () -> clockNs,
                    new Trace());

    private final class Events implements VirtchnlChannel.EventHandler {
        @Override
        public void onEvent(final Event event, final long nowNs) {
            told.add(event.toString());
        }

        @Override
        public void onUnaskedAnswer(final Opcode opcode, final int status) {
            told.add("unasked " + opcode + " " + status);
        }

        @Override
        public void onUnresponsive(final String reason, final long nowNs) {
            told.add("unresponsive");
        }
    }

    private final class Trace implements ExchangeListener {
        @Override
        public void onSent(final Opcode opcode, final Supplier<String> line) {
            trace.add(line.get());
        }

        @Override
        public void onAnswered(
                final Opcode opcode,
                final int status,
                final long roundTripNs,
                final Supplier<String> line) {
            trace.add(line.get() + " after " + roundTripNs);
        }

        @Override
        public void onUnasked(final Supplier<String> line) {
            trace.add("unasked " + line.get());
        }

        @Override
        public void onTimeout(final Opcode opcode, final long waitedNs) {
            trace.add(opcode + " timed out after " + waitedNs);
        }
    }

    private AnswerHandler handler(final String name) {
        return new AnswerHandler() {
            @Override
            public void onAnswer(final int status, final @Nullable Message body, final long nowNs) {
                told.add(name + " " + Status.nameOf(status) + (body == null ? "" : " " + body));
            }

            @Override
            public void onTimeout(final long nowNs) {
                told.add(name + " timeout");
            }
        };
    }

    private boolean send(final Opcode opcode, final String name, final long nowNs) {
        return channel.send(opcode, QUEUES, handler(name), nowNs);
    }

    @BeforeEach
    void setUp() {
        queue.start();
    }

    @AfterEach
    void tearDown() {
        queue.close();
    }

    @Test
    void shouldGiveAnswersToTheOldestRequestOfTheirOperation() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        send(Opcode.DISABLE_QUEUES, "second", 0);
        send(Opcode.ENABLE_QUEUES, "third", 0);
        assertThat(channel.inFlight()).isEqualTo(3);
        pf.answer(Opcode.DISABLE_QUEUES, 0, null);
        pf.answer(Opcode.ENABLE_QUEUES, -5, null);
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        channel.doWork(10);
        assertThat(told).containsExactly("second SUCCESS", "first ERR_PARAM", "third SUCCESS");
        assertThat(counters.get(DriverCounter.ERROR_ANSWERS)).isEqualTo(1);
        assertThat(counters.sent(Opcode.ENABLE_QUEUES)).isEqualTo(2);
        assertThat(counters.received(Opcode.ENABLE_QUEUES)).isEqualTo(2);
    }

    @Test
    void shouldTraceEachExchangeInOneLineWithItsRoundTrip() {
        clockNs = 5;
        channel.send(Opcode.VERSION, VersionInfo.VERSION_1_1, handler("version"), 5);
        pf.answer(Opcode.VERSION, 0, VersionInfo.VERSION_1_1);
        clockNs = 42;
        channel.doWork(42);
        assertThat(told).containsExactly("version SUCCESS 1.1");
        assertThat(trace).hasSize(2);
        assertThat(trace.get(0)).startsWith("VF>PF VERSION").contains("1.1");
        assertThat(trace.get(1)).startsWith("PF>VF VERSION SUCCESS").endsWith("after 37");
    }

    @Test
    void shouldBoundTheMessagesInFlight() {
        for (int i = 0; i < 8; i++) {
            assertThat(send(Opcode.ENABLE_QUEUES, "n", 0)).isTrue();
        }
        assertThat(send(Opcode.ENABLE_QUEUES, "n", 0)).isFalse();
        assertThat(channel.hasRoom()).isFalse();
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        channel.doWork(1);
        assertThat(send(Opcode.ENABLE_QUEUES, "n", 1)).isTrue();
        assertThat(pf.sent).hasSize(9);
    }

    @Test
    void shouldDropAndCountAnswersThatNothingAskedFor() {
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        pf.answer(Opcode.VERSION, 0, VersionInfo.VERSION_1_1);
        channel.doWork(1);
        assertThat(told).containsExactly("unasked ENABLE_QUEUES 0", "unasked VERSION 0");
        assertThat(counters.get(DriverCounter.STALE_ANSWERS)).isEqualTo(2);
        assertThat(trace).allMatch(line -> line.startsWith("unasked PF>VF"));
    }

    @Test
    void shouldVoidAllRequestsOfAnOperationWhenOneTimesOutAndFenceThem() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        send(Opcode.ENABLE_QUEUES, "second", 500);
        send(Opcode.DISABLE_QUEUES, "other", 500);
        channel.doWork(TIMEOUT_NS);
        assertThat(told).containsExactly("first timeout", "second timeout");
        assertThat(counters.get(DriverCounter.TIMEOUTS)).isEqualTo(1);
        assertThat(channel.canSend(Opcode.ENABLE_QUEUES)).isFalse();
        assertThat(channel.canSend(Opcode.GET_STATS)).isTrue();
        assertThat(pf.sent.removeLast().is(Opcode.VERSION)).isTrue();

        // Both answers come late, then the fence's.
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        pf.answer(Opcode.DISABLE_QUEUES, 0, null);
        pf.answer(Opcode.VERSION, 0, VersionInfo.VERSION_1_1);
        channel.doWork(TIMEOUT_NS + 1);
        assertThat(told).containsExactly("first timeout", "second timeout", "other SUCCESS");
        assertThat(counters.get(DriverCounter.STALE_ANSWERS)).isEqualTo(2);
        assertThat(channel.canSend(Opcode.ENABLE_QUEUES)).isTrue();
        assertThat(channel.inFlight()).isZero();
    }

    @Test
    void shouldNotSettleByAFenceWhatTimedOutAfterIt() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        channel.doWork(TIMEOUT_NS);
        send(Opcode.DISABLE_QUEUES, "second", TIMEOUT_NS - 999);
        channel.doWork(TIMEOUT_NS + 1);
        pf.answer(Opcode.VERSION, 0, VersionInfo.VERSION_1_1);
        channel.doWork(TIMEOUT_NS + 2);
        assertThat(channel.canSend(Opcode.ENABLE_QUEUES)).isTrue();
        assertThat(channel.canSend(Opcode.DISABLE_QUEUES)).isFalse();
        assertThat(pf.count(Opcode.VERSION)).isEqualTo(2);
        pf.answer(Opcode.VERSION, 0, VersionInfo.VERSION_1_1);
        channel.doWork(TIMEOUT_NS + 3);
        assertThat(channel.canSend(Opcode.DISABLE_QUEUES)).isTrue();
    }

    @Test
    void shouldReportThatNotEvenTheFenceIsAnswered() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        channel.doWork(TIMEOUT_NS);
        channel.doWork(2 * TIMEOUT_NS - 1);
        assertThat(told).containsExactly("first timeout");
        channel.doWork(2 * TIMEOUT_NS);
        assertThat(told).containsExactly("first timeout", "unresponsive");
    }

    @Test
    void shouldVoidEverythingAtAReset() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        send(Opcode.DISABLE_QUEUES, "second", 0);
        channel.newEpoch();
        assertThat(channel.inFlight()).isZero();
        assertThat(counters.get(DriverCounter.ABANDONED)).isEqualTo(2);
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        channel.doWork(10 * TIMEOUT_NS);
        assertThat(told).containsExactly("unasked ENABLE_QUEUES 0");
        assertThat(counters.get(DriverCounter.STALE_ANSWERS)).isEqualTo(1);
    }

    @Test
    void shouldIgnoreAndCountWhatIsMalformedAndDisturbNothing() {
        send(Opcode.ENABLE_QUEUES, "first", 0);
        pf.deliver(0x1003, 0x0802, 3, Opcode.ENABLE_QUEUES.code(), 0, new byte[3]);
        pf.deliver(0x1003, 0x0802, 15, Opcode.EVENT.code(), 0, new byte[15]);
        pf.deliver(0x1003, 0x0802, 0, Opcode.EVENT.code(), -5, new byte[0]);
        pf.deliver(0x1003, 0x0802, 7, Opcode.VERSION.code(), 0, new byte[7]);
        pf.deliver(0x1003, 0x0802, 0, 999, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 0, -1, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 5000, Opcode.ENABLE_QUEUES.code(), 0, new byte[0]);
        channel.doWork(1);
        assertThat(told).isEmpty();
        assertThat(counters.get(DriverCounter.MALFORMED_MESSAGES)).isEqualTo(4);
        assertThat(counters.get(DriverCounter.UNKNOWN_OPCODES)).isEqualTo(2);
        assertThat(counters.get(DriverCounter.GARBAGE_DESCRIPTORS)).isEqualTo(1);
        pf.answer(Opcode.ENABLE_QUEUES, 0, null);
        channel.doWork(2);
        assertThat(told).containsExactly("first SUCCESS");
    }

    @Test
    void shouldReadTheSpeedOfALinkAsWasNegotiated() {
        pf.event(new Event.LinkChange(true, 25_000, false));
        channel.doWork(1);
        channel.advancedSpeed(true);
        pf.event(new Event.LinkChange(true, 25_000, true));
        channel.doWork(2);
        assertThat(told).hasSize(2).allMatch(text -> text.contains("25000"));
    }

    @Test
    void shouldSendNothingWhileHeld() {
        channel.hold(true);
        assertThat(send(Opcode.ENABLE_QUEUES, "first", 0)).isFalse();
        channel.hold(false);
        assertThat(send(Opcode.ENABLE_QUEUES, "first", 0)).isTrue();
    }

    @Test
    void shouldLeaveDelegatedOperationsToTheirCorrelator() {
        final List<Long> waiting = new ArrayList<>(List.of(7L, 8L, 9L));
        final ExchangeCorrelator correlator =
                new ExchangeCorrelator() {
                    @Override
                    public long onAnswer(final Opcode opcode, final int status) {
                        told.add(opcode + " " + status);
                        return status == 0 ? waiting.remove(1) : NONE;
                    }

                    @Override
                    public void onTimeout(final long token) {
                        told.add("timeout " + token);
                        waiting.clear();
                    }

                    @Override
                    public boolean isInFlight(final long token) {
                        return waiting.contains(token);
                    }
                };
        channel.delegate(EnumSet.of(Opcode.ADD_VLAN), correlator);
        for (final long token : List.of(7L, 8L, 9L)) {
            clockNs = token;
            assertThat(channel.sendDelegated(Opcode.ADD_VLAN, null, correlator, token, token))
                    .isTrue();
        }
        pf.answer(Opcode.ADD_VLAN, -5, null);
        channel.doWork(100);
        assertThat(channel.inFlight()).isEqualTo(3);
        pf.answer(Opcode.ADD_VLAN, 0, null);
        clockNs = 108;
        channel.doWork(108);
        assertThat(told).containsExactly("ADD_VLAN -5", "ADD_VLAN 0");
        assertThat(trace.getLast()).endsWith("after 100");
        assertThat(channel.inFlight()).isEqualTo(2);
        channel.doWork(7 + TIMEOUT_NS);
        assertThat(told.getLast()).isEqualTo("timeout 7");
        assertThat(channel.inFlight()).isZero();
        assertThat(pf.count(Opcode.VERSION)).isZero();
    }
}
