package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.EventCode;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

/** A PF that writes anything at all into the mailbox and the registers. */
class HostilePfTest {
    private static final VlanSet VLANS = VlanSet.range(100, 107);

    /** Not those that make the stub itself look elsewhere in memory. */
    private static final int[] REGISTERS = {
        Registers.VF_ARQH1, Registers.VF_ARQLEN1, Registers.VF_ATQLEN1, Registers.VFGEN_RSTAT
    };

    @Test
    void shouldComeUpWhateverElseIsInTheMailbox() {
        Seed.forEach(
                1,
                100,
                random -> {
                    try (DriverRig rig = new DriverRig()) {
                        rig.open().vf().up();
                        rig.vf().addVlans(VLANS, result -> {});
                        for (int i = 0; i < 500; i++) {
                            rig.step();
                            if (random.nextInt(3) == 0) {
                                deliverGarbage(rig.pf, random);
                            }
                        }
                        recover(rig);
                    }
                });
    }

    @Test
    void shouldSurviveAnythingInTheRegisters() {
        Seed.forEach(
                1,
                100,
                random -> {
                    try (DriverRig rig = new DriverRig()) {
                        rig.open().vf().up();
                        rig.vf().addVlans(VLANS, result -> {});
                        for (int i = 0; i < 500; i++) {
                            rig.step();
                            if (random.nextInt(20) == 0) {
                                rig.pf.set(
                                        REGISTERS[random.nextInt(REGISTERS.length)],
                                        random.nextInt());
                            }
                            if (random.nextInt(50) == 0) {
                                rig.pf.allRegisters = random.nextBoolean() ? -1 : 0xDEADBEEF;
                            } else {
                                rig.pf.allRegisters = 0;
                            }
                        }
                        rig.pf.allRegisters = 0;
                        recover(rig);
                    }
                });
    }

    /** Once the PF behaves and has reset the VF, everything is as it should be. */
    private static void recover(final DriverRig rig) {
        rig.pf.reset();
        rig.pf.activate();
        rig.run(20_000_000);
        rig.runUntil(() ->
                rig.vf().state() == LifecycleState.UP
                        && rig.vf().vlans().isSettled()
                        && rig.vf().vlans().acknowledged(Ethernet.TPID_8021Q).equals(VLANS));
        assertThat(rig.vf().acknowledgedMacs()).containsExactly(PfStub.DEFAULT_MAC);
        assertThat(rig.vf().lifecycle().violationCount()).isZero();
        rig.vf().close();
        rig.runUntil(rig.vf()::isClosed);
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        assertThat(rig.pf.dma().faults()).isEmpty();
        // However much comes, the log stays short.
        assertThat(rig.log.lines).hasSizeLessThan(200);
    }

    private static void deliverGarbage(final PfStub pf, final SplittableRandom random) {
        final byte[] body = new byte[random.nextInt(200)];
        random.nextBytes(body);
        if (body.length >= 16 && random.nextInt(4) == 0) {
            // An event, so that not all of it is stopped at the door.
            body[0] = (byte) random.nextInt(EventCode.values().length + 1);
            body[1] = 0;
            body[2] = 0;
            body[3] = 0;
            pf.deliver(0x1003, 0x0802, 16, Opcode.EVENT.code(), 0, body);
            return;
        }
        pf.deliver(
                random.nextInt(4) == 0 ? random.nextInt(0x10000) : 0x1003,
                random.nextInt(8) == 0 ? random.nextInt(0x10000) : 0x0802,
                random.nextInt(4) == 0 ? random.nextInt(0x10000) : body.length,
                opcode(random),
                random.nextBoolean() ? 0 : random.nextInt(-70, 10),
                body);
    }

    /** Not the questions of the negotiation: who answers those can claim anything. */
    private static int opcode(final SplittableRandom random) {
        final int opcode = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(140);
        return opcode == Opcode.VERSION.code()
                        || opcode == Opcode.GET_VF_RESOURCES.code()
                        || opcode == Opcode.GET_OFFLOAD_VLAN_V2_CAPS.code()
                ? Opcode.UNKNOWN.code()
                : opcode;
    }

    @Test
    void shouldNotBelieveSizesAndAddressesThatCantBe() {
        try (DriverRig rig = new DriverRig()) {
            rig.pf.defaultMac = MacAddress.BROADCAST;
            rig.pf.rssKeyBytes = 0x7FFFFFFF;
            rig.pf.rssLutEntries = -1;
            rig.pf.queuePairs = 65535;
            rig.pf.vectors = 65535;
            rig.up();
            assertThat(rig.pf.count(Opcode.CONFIG_RSS_KEY)).isZero();
            assertThat(rig.vf().macAddress())
                    .isNotNull()
                    .matches(address -> !address.isMulticast());
            assertThat(rig.vf().queues()).isNotNull().matches(queues -> queues.pairs() == 1);
        }
    }
}
