package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.sim.PortCounters;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VlanKey;
import dev.javf.testing.Awaiting;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * DPDK's iavf driver in a guest with an IOMMU: testpmd forwards between two VFs of the simulated
 * PF, which vfio-pci holds for it.
 */
@Tag("proof")
@Timeout(240)
class DpdkTest {

    /** A start is some thirty commands, each of which waits for its answer's interrupt. */
    private static final int STARTS = 5;

    private static final String TESTPMD =
            "dpdk-testpmd -d librte_mempool_ring.so.25 -l 0-1 -n 1 -a 00:10.0 -a 00:11.0 -- -i"
                    + " --total-num-mbufs=8192 --rxd=256 --txd=256 --enable-hw-vlan-filter";

    @TempDir private Path folder;

    @Test
    void shouldForwardBetweenTwoFunctions() throws Exception {
        Lab.need();
        final MacAddress first = MacAddress.of("02:00:00:00:00:10");
        final MacAddress second = MacAddress.of("02:00:00:00:00:11");
        try (ServedFunctions functions =
                        new ServedFunctions(
                                new SimulatedPhysicalFunctionContext()
                                        .virtualFunctions(2)
                                        .firstMac(first)
                                        .delays(SimulatedDelays.TYPICAL),
                                folder);
                Guest guest =
                        Guest.boot(
                                new Guest.Context()
                                        .functions(functions)
                                        .set("DPDK", "1")
                                        .set("IOMMU", "1"))) {
            bind(guest);
            for (int i = 1; i < STARTS; i++) {
                startAndQuit(guest);
            }
            // Each port sends to the other; what it gets back it sends again.
            guest.run(
                    "mkfifo /tmp/in; sleep 1000 >/tmp/in & "
                            + TESTPMD
                            + " --eth-peer=0,"
                            + second
                            + " --eth-peer=1,"
                            + first
                            + " </tmp/in >/tmp/out 2>&1 & for i in $(seq 300); do grep -q"
                            + " '^testpmd>' /tmp/out && exit 0; sleep 0.2; done; cat /tmp/out; exit"
                            + " 1");
            assertThat(guest.run("cat /tmp/out")).doesNotContain("No response", "Fail to start");
            for (int vf = 0; vf < 2; vf++) {
                final int index = vf;
                Awaiting.until(
                        "queues of VF " + vf,
                        () -> functions.vf(index).snapshot().rxQueues().bitCount() == 1);
                assertThat(functions.vf(vf).snapshot().txQueues()).isEqualTo(1);
                assertThat(functions.vf(vf).snapshot().isLinkUp()).isTrue();
                assertThat(functions.vf(vf).snapshot().macs()).contains(vf == 0 ? first : second);
            }

            tell(guest, "rx_vlan add 100 0");
            final Set<VlanKey> wanted = Set.of(new VlanKey(0x8100, 100));
            Awaiting.until("VLAN 100", () -> functions.vf(0).snapshot().vlans().equals(wanted));

            tell(guest, "start tx_first");
            final List<PortCounters> counters =
                    functions.pf().ethernetSwitch().ports().stream()
                            .map(port -> port.counters())
                            .toList();
            for (int vf = 0; vf < 2; vf++) {
                final PortCounters own = counters.get(vf);
                Awaiting.until(
                        "traffic of VF " + vf,
                        () -> own.rxUnicast() > 1_000 && own.txUnicast() > 1_000);
            }
            tell(guest, "stop");
            for (final PortCounters own : counters) {
                assertThat(own.txErrors()).isZero();
            }

            tell(guest, "rx_vlan rm 100 0");
            Awaiting.until("no VLAN", () -> functions.vf(0).snapshot().vlans().isEmpty());
            tell(guest, "quit");
            Awaiting.until(
                    "stopped VF 0", () -> functions.vf(0).snapshot().rxQueues().signum() == 0);
            Awaiting.until(
                    "stopped VF 1", () -> functions.vf(1).snapshot().rxQueues().signum() == 0);
            assertThat(functions.errors()).isEmpty();
            assertThat(functions.vf(0).dma().faults()).isEmpty();
            assertThat(functions.vf(1).dma().faults()).isEmpty();
        }
    }

    private static void bind(final Guest guest) throws InterruptedException {
        guest.run("modprobe vfio-pci && modprobe vfio_iommu_type1");
        for (final String function : LinuxPair.PCI) {
            guest.run(
                    "echo vfio-pci >/sys/bus/pci/devices/"
                            + function
                            + "/driver_override; echo "
                            + function
                            + " >/sys/bus/pci/drivers_probe; [ -e /sys/bus/pci/drivers/vfio-pci/"
                            + function
                            + " ]");
        }
        guest.run(
                "echo 128 >/proc/sys/vm/nr_hugepages; mkdir -p /dev/hugepages /var/run; mount -t"
                        + " hugetlbfs none /dev/hugepages");
    }

    /** No answer may be missed from the first command to the last. */
    private static void startAndQuit(final Guest guest) throws InterruptedException {
        final String output = guest.run("echo quit | " + TESTPMD + " 2>&1");
        assertThat(output).contains("testpmd>").doesNotContain("No response", "mismatch", "Fail");
    }

    private static void tell(final Guest guest, final String command) throws InterruptedException {
        guest.run("echo '" + command + "' >/tmp/in");
    }
}
