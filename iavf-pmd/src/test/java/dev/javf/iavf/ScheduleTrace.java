package dev.javf.iavf;

import dev.javf.sim.Fault;
import dev.javf.sim.SimulationObserver;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.Opcode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Writes down what passes between a VF and its PF, for people who look at a failed schedule. */
final class ScheduleTrace {
    private final List<String> lines = new ArrayList<>();

    List<String> lines() {
        return lines;
    }

    private void add(final long timeNs, final String what) {
        lines.add(String.format(Locale.ROOT, "%12.3f ms  %s", timeNs / 1e6, what));
    }

    SimulationObserver atPf() {
        return new SimulationObserver() {
            @Override
            public void onLost(
                    final long timeNs, final int vf, final int opcode, final String reason) {
                if (vf == ScheduleWorld.VF) {
                    add(timeNs, "lost " + Opcode.of(opcode) + ": " + reason);
                }
            }

            @Override
            public void onPhase(final long timeNs, final int vf, final VfPhase phase) {
                if (vf == ScheduleWorld.VF) {
                    add(timeNs, "PF: the VF is " + phase);
                }
            }

            @Override
            public void onFault(
                    final long timeNs, final int vf, final int opcode, final Fault fault) {
                if (vf == ScheduleWorld.VF) {
                    add(timeNs, "fault at " + Opcode.of(opcode) + ": " + fault);
                }
            }
        };
    }

    ExchangeListener atVf(final LongSupplier clock) {
        return new ExchangeListener() {
            @Override
            public void onSent(final Opcode opcode, final Supplier<String> line) {
                add(clock.getAsLong(), line.get());
            }

            @Override
            public void onAnswered(
                    final Opcode opcode,
                    final int status,
                    final long roundTripNs,
                    final Supplier<String> line) {
                add(clock.getAsLong(), line.get());
            }

            @Override
            public void onUnasked(final Supplier<String> line) {
                add(clock.getAsLong(), "unasked: " + line.get());
            }

            @Override
            public void onTimeout(final Opcode opcode, final long waitedNs) {
                add(clock.getAsLong(), "timeout of " + opcode);
            }
        };
    }
}
