package dev.javf.sim;

import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a VF may ask for, and when (Linux ice driver, virt/allowlist.c). */
class AllowListTest {
    /** A message of the right length for every operation that a PF's validator knows. */
    private static final Map<Integer, byte[]> MESSAGES = messages();

    private static final List<Integer> WITH_RESOURCES = List.of(4, 5, 6, 7, 8, 9, 15);

    private static Map<Integer, byte[]> messages() {
        final Map<Integer, byte[]> messages = new HashMap<>();
        messages.put(1, bytes().u32(1).u32(1).done());
        messages.put(3, bytes().u32(0).done());
        final int[][] fixed = {
            {4, 24},
            {5, 40},
            {8, 12},
            {9, 12},
            {14, 4},
            {15, 12},
            {18, 8},
            {25, 0},
            {26, 8},
            {27, 0},
            {28, 0},
            {32, 272},
            {33, 272},
            {44, 0},
            {45, 2444},
            {46, 2444},
            {47, 2616},
            {48, 12},
            {51, 0},
            {54, 16},
            {55, 16},
            {56, 16},
            {57, 16},
            {60, 48},
            {61, 16},
            {66, 0},
            {113, 12},
            {29, 2}
        };
        for (final int[] message : fixed) {
            messages.put(message[0], new byte[message[1]]);
        }
        messages.put(6, bytes().u16(1).u16(1).zeros(72 + 64 - 4).done());
        messages.put(7, bytes().u16(1).zeros(14 + 12 - 2).done());
        messages.put(30, bytes().u32(1).zeros(24 - 4).done());
        messages.put(112, bytes().u16(1).u16(1).zeros(16 - 4).done());
        for (final int opcode : new int[] {10, 11}) {
            messages.put(opcode, bytes().u16(1).u16(1).zeros(20 - 4).done());
        }
        for (final int opcode : new int[] {12, 13}) {
            messages.put(opcode, bytes().u16(1).u16(1).zeros(4).done());
        }
        for (final int opcode : new int[] {23, 24}) {
            messages.put(opcode, bytes().u16(1).u16(1).zeros(2).done());
        }
        for (final int opcode : new int[] {52, 53}) {
            messages.put(opcode, bytes().u16(1).u16(1).zeros(36).done());
        }
        return messages;
    }

    private static List<Integer> refused(final PfRig rig) {
        final List<Integer> refused = new ArrayList<>();
        MESSAGES.forEach((opcode, body) -> {
            if (opcode != 3 && rig.statusOf(opcode, body) == NOT_SUPPORTED) {
                refused.add(opcode);
            }
        });
        return refused;
    }

    private static List<Integer> allBut(final List<Integer> allowed) {
        return MESSAGES.keySet().stream()
                .filter(opcode -> opcode != 1 && opcode != 3 && !allowed.contains(opcode))
                .toList();
    }

    @Test
    void shouldAllowNextToNothingAtFirst() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            assertThat(refused(rig)).containsExactlyInAnyOrderElementsOf(allBut(List.of()));
        }
    }

    /**
     * Capability bit, what it allows on top of what all VFs may. L2 is granted always. 4 and 5 are
     * allowed, but no handler exists.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0  | ",
                "6  | 29",
                "16 | 12 13 27 28",
                "15 | 51 52 53 54 55 56 57",
                "19 | 18 23 24 25 26",
                "26 | 44",
                "31 | 60 61"
            })
    void shouldAllowWhatEachCapabilityBrings(final int bit, final String opcodes) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            rig.activate(0, 1 << bit);
            final List<Integer> allowed = new ArrayList<>(WITH_RESOURCES);
            allowed.removeAll(List.of(4, 5));
            allowed.addAll(List.of(10, 11, 14));
            if (opcodes != null) {
                Stream.of(opcodes.split(" ", -1)).map(Integer::valueOf).forEach(allowed::add);
            }
            assertThat(refused(rig)).containsExactlyInAnyOrderElementsOf(allBut(allowed));
            assertThat(rig.snapshot().allowList().allows(4)).isTrue();
            assertThat(rig.snapshot().allowList().allows(5)).isTrue();
        }
    }

    @Test
    void shouldForgetTheListButNotTheVersionOnReset() {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.send(2, new byte[0]);
            rig.driver().startMailbox();
            assertThat(refused(rig)).containsExactlyInAnyOrderElementsOf(allBut(List.of()));
            assertThat(rig.statusOf(3, bytes().u32(-1).done())).isZero();
            assertThat(rig.statusOf(51, new byte[0])).isZero();
        }
    }

    @Test
    void shouldRefuseEverythingInReset() {
        try (PfRig rig = PfRig.active(context -> context.faultPlan(new StuckResets()))) {
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            MESSAGES.forEach((opcode, body) ->
                    assertThat(rig.statusOf(opcode, body))
                            .as("opcode %d", opcode)
                            .isEqualTo(RawDriver.ERR_PARAM));
        }
    }

    /** Resets that never end. */
    private static final class StuckResets implements FaultPlan {
        @Override
        public @Nullable Fault onMessage(
                final int virtualFunction, final int opcode, final long nowNs) {
            return null;
        }

        @Override
        public ResetFault onReset(
                final int virtualFunction, final ResetKind kind, final long nowNs) {
            return new ResetFault(0, 0, true);
        }
    }
}
