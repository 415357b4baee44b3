package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.FaultPlan;
import dev.javf.sim.ResetKind;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A reset at each register access and at each message of everything that a VF does, one after the
 * other, none left out: afterwards the PF holds what is wanted, no memory was touched that isn't
 * mapped, no buffer is lost and no counter has gone back.
 */
class ResetAtEveryStepTest {
    private static final long MS = 1_000_000;
    private static final VlanSet VLANS = VlanSet.range(100, 103);
    private static final VlanSet MORE_VLANS = VlanSet.range(200, 203);
    private static final MacAddress EXTRA = MacAddress.of("02:00:00:00:00:55");

    /** Quick, so that little is done but what is to be interrupted. */
    private static final SimulatedDelays QUICK =
            new SimulatedDelays(50_000, 50_000, 10_000, 10_000, 500_000, 200_000, 500_000);

    /** What the VF is doing when it is reset. */
    enum Activity {
        BRING_UP {
            @Override
            void prepare(final SimulatedRig rig) {}

            @Override
            void begin(final SimulatedRig rig) {
                want(rig);
                rig.vf().up();
            }
        },
        UP {
            @Override
            void prepare(final SimulatedRig rig) {
                want(rig);
                rig.runUntil(LifecycleState.DOWN);
            }

            @Override
            void begin(final SimulatedRig rig) {
                rig.vf().up();
            }
        },
        DOWN {
            @Override
            void begin(final SimulatedRig rig) {
                rig.vf().down();
            }

            @Override
            boolean isOver(final SimulatedRig rig) {
                return rig.vf().state() == LifecycleState.DOWN && rig.vf().vlans().isSettled();
            }
        },
        ADD_VLANS {
            @Override
            void begin(final SimulatedRig rig) {
                rig.vf().addVlans(MORE_VLANS, result -> {});
            }
        },
        CHANGE_FRAME_SIZE {
            @Override
            void begin(final SimulatedRig rig) {
                rig.vf().maxFrameBytes(1000);
            }
        },
        REMOVE_VLANS {
            @Override
            void begin(final SimulatedRig rig) {
                rig.vf().removeVlans(VlanSet.range(102, 103), result -> {});
            }
        };

        private static void want(final SimulatedRig rig) {
            rig.vf().addVlans(VLANS, result -> {});
            rig.vf().addMac(EXTRA, (address, installed, reason) -> {});
        }

        void prepare(final SimulatedRig rig) {
            want(rig);
            rig.vf().up();
            rig.runUntil(rig::isComplete);
        }

        abstract void begin(SimulatedRig rig);

        boolean isOver(final SimulatedRig rig) {
            return rig.isComplete();
        }
    }

    /** A rig with something between driver and device, and counters that are watched. */
    private static final class Run implements AutoCloseable {
        private final Activity activity;
        private final MessageFault faults = new MessageFault();
        private final SimulatedRig rig;
        private @Nullable WatchedDevice device;
        private long counted;

        Run(final Activity activity) {
            this.activity = activity;
            rig =
                    new SimulatedRig(
                            new SimulatedPhysicalFunctionContext().delays(QUICK).faultPlan(faults),
                            settings -> {
                                final WatchedDevice watched = new WatchedDevice(settings.device());
                                device = watched;
                                settings.device(watched);
                            });
            activity.prepare(rig);
        }

        WatchedDevice device() {
            return Objects.requireNonNull(device);
        }

        /** From the beginning of the activity until it is over, and then to its end. */
        void finish() {
            activity.begin(rig);
            runUntilOver();
        }

        private void runUntilOver() {
            for (final long end = rig.nowNs() + 60_000 * MS; rig.nowNs() < end; ) {
                if (activity.isOver(rig)) {
                    return;
                }
                rig.step();
                checkCounters();
            }
            throw new AssertionError("never over: " + rig.vf().flightRecorder().snapshot().lines());
        }

        private void checkCounters() {
            long sum = rig.vf().counters().resets();
            for (final DriverCounter counter : DriverCounter.values()) {
                sum += rig.vf().counters().get(counter);
            }
            assertThat(sum).isGreaterThanOrEqualTo(counted);
            counted = sum;
        }

        void assertRecovered(final boolean met) {
            assertThat(met).isTrue();
            // What was started when the activity seemed over already shows now.
            rig.run(5 * MS);
            runUntilOver();
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            assertThat(rig.faults()).isZero();
            assertThat(rig.snapshot().isMalicious()).isFalse();
            assertThat(rig.vf().lifecycle().violationCount()).isZero();
            assertThat(rig.vf().counters().get(DriverCounter.FAILURES)).isZero();
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.pool().available()).isEqualTo(rig.pool().capacity());
            assertThat(rig.faults()).isZero();
        }

        @Override
        public void close() {
            rig.close();
        }
    }

    /** Resets the VF at one message, counted from when it was armed. */
    private static final class MessageFault implements FaultPlan {
        private int messages;
        private int messageToMeet = -1;
        private @Nullable Fault fault;

        @Override
        public @Nullable Fault onMessage(
                final int virtualFunction, final int opcode, final long nowNs) {
            return messages++ == messageToMeet ? fault : null;
        }

        void arm(final int message, final @Nullable Fault what) {
            messages = 0;
            messageToMeet = message;
            fault = what;
        }

        boolean isMet() {
            return messages > messageToMeet;
        }
    }

    private static void reset(final SimulatedRig rig, final ResetKind kind) {
        switch (kind) {
            case NOTIFIED -> rig.pf().host().trust(0, !rig.snapshot().isTrusted());
            case FUNCTION_LEVEL -> rig.pf().host().resetVirtualFunction(0);
            case PHYSICAL_FUNCTION -> rig.pf().host().resetPhysicalFunction();
            case PHYSICAL_FUNCTION_SILENT -> rig.pf().host().resetPhysicalFunctionSilently();
            case REQUESTED -> throw new IllegalArgumentException("only the driver can ask");
        }
        // In the middle of the driver's duty cycle, not after it.
        rig.pf().doWork();
    }

    private static void atEveryRegisterAccess(final Activity activity, final Set<ResetKind> kinds) {
        final long first;
        final long count;
        try (Run run = new Run(activity)) {
            first = run.device().accesses();
            run.finish();
            count = run.device().accesses() - first;
        }
        assertThat(count).isPositive();
        for (final ResetKind kind : kinds) {
            for (long access = first; access < first + count; access++) {
                try (Run run = new Run(activity)) {
                    run.device().before(access, () -> reset(run.rig, kind));
                    run.finish();
                    run.assertRecovered(run.device().isMet());
                } catch (final AssertionError e) {
                    throw new AssertionError(
                            kind + " at register access " + access + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static void atEveryMessage(final Activity activity, final Set<ResetKind> kinds) {
        final int count;
        try (Run run = new Run(activity)) {
            run.faults.arm(-1, null);
            run.finish();
            count = run.faults.messages;
        }
        assertThat(count).isPositive();
        for (final Fault.Reset fault : faults(kinds)) {
            for (int message = 0; message < count; message++) {
                try (Run run = new Run(activity)) {
                    run.faults.arm(message, fault);
                    run.finish();
                    run.assertRecovered(run.faults.isMet());
                } catch (final AssertionError e) {
                    throw new AssertionError(
                            fault + " at message " + message + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static List<Fault.Reset> faults(final Set<ResetKind> kinds) {
        final List<Fault.Reset> faults = new ArrayList<>();
        for (final ResetKind kind : kinds) {
            for (final Fault.Point point : Fault.Point.values()) {
                faults.add(new Fault.Reset(kind, point));
            }
        }
        return faults;
    }

    @ParameterizedTest
    @EnumSource
    void shouldRecoverFromAFunctionLevelResetAtEveryRegisterAccess(final Activity activity) {
        atEveryRegisterAccess(activity, EnumSet.of(ResetKind.FUNCTION_LEVEL));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("proof")
    void shouldRecoverFromAnyOtherResetAtEveryRegisterAccess(final Activity activity) {
        atEveryRegisterAccess(
                activity,
                EnumSet.complementOf(EnumSet.of(ResetKind.FUNCTION_LEVEL, ResetKind.REQUESTED)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldRecoverFromAnyResetAtEveryMessage(final Activity activity) {
        atEveryMessage(activity, EnumSet.complementOf(EnumSet.of(ResetKind.REQUESTED)));
    }
}
