package dev.javf.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.PciDeviceCondition;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Both of the kernel's interfaces against {@link FakeKernel} and a made-up sysfs. */
class VfioPciTest {
    private static final String VF = "0000:3b:01.0";
    private static final UUID TOKEN = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");

    @TempDir private Path folder;

    private final CopyDevice model = new CopyDevice();
    private final FakeKernel kernel = new FakeKernel(model);
    private final SharedMemory memory =
            SharedMemory.allocate("vfio-pci-test", 8192, PageSize.PLAIN_4K);

    @BeforeEach
    void openNothing() {
        assertThat(kernel.openFiles()).isZero();
    }

    @AfterEach
    void close() {
        assertThat(kernel.openFiles()).as("descriptors left").isZero();
        assertThat(model.dma().size()).as("mappings left").isZero();
        memory.close();
        model.close();
    }

    private MadeUpSysfs sysfs() {
        return new MadeUpSysfs(folder);
    }

    private MadeUpSysfs vf() {
        return sysfs().function(VF, "vfio-pci", "42").characterDevice(VF, "vfio3");
    }

    private VfioPci.Context context() {
        return new VfioPci.Context()
                .sysfs(folder.resolve("sys"))
                .dev(folder.resolve("dev"))
                .kernel(kernel, folder.resolve("pagemap"));
    }

    private PciDevice open(final VfioPci.Interface kernelInterface) {
        return VfioPci.open(VF, context().kernelInterface(kernelInterface));
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveADeviceRegistersMemoryAndInterrupts(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface);
                EventFd eventFd = EventFd.create()) {
            assertThat(device.name()).isEqualTo(VF);
            assertThat(device.config().read(PciConfigSpace.VENDOR_ID, 4)).isEqualTo(0x00020001);
            memory.segment().setString(0, "hello, device");
            final DmaMapping mapping = device.mapDma(memory);
            device.config().enableBusMaster();
            device.interrupt(1, eventFd);
            device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
            device.bar(0).memory(CopyDevice.LENGTH_DOORBELL, 4).set(ValueLayout.JAVA_INT, 0, 14);
            model.doWork();

            assertThat(memory.segment().getString(4096)).isEqualTo("hello, device");
            assertThat(eventFd.drain()).isEqualTo(1);
            assertThat(device.bar(0).read32(CopyDevice.COPIES)).isEqualTo(1);
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.PRESENT);
            device.unmapDma(mapping);
            assertThat(model.dma().size()).isZero();
        }
        assertThat(kernel.notes())
                .contains("mapped 4096", "enabled 2", "locked at close: 0")
                .doesNotContain("reset while bus master")
                .contains(
                        kernelInterface == VfioPci.Interface.GROUP
                                ? "open /dev/vfio/42"
                                : "open /dev/vfio/devices/vfio3");
    }

    @Test
    void shouldTakeTheGroupWhereThereIsNothingElse() {
        sysfs().function(VF, "vfio-pci", "42");
        open(VfioPci.Interface.ANY).close();
        assertThat(kernel.notes()).startsWith("open /dev/vfio/vfio", "open /dev/vfio/42");
        assertThatThrownBy(() -> open(VfioPci.Interface.DEVICE))
                .hasMessageStartingWith(VF + " has no VFIO device of its own");
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldKeepInsideTheAllowedAddresses(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface)) {
            final DmaMapping first = device.mapDma(memory);
            assertThat(first.iova()).isEqualTo(1 << 20);
            assertThat(device.mapDma(memory).iova()).isEqualTo((1 << 20) + 8192);
            final MemorySegment large = UncheckedMemory.of(1L << 40, 0xFEE0_0000L - (3 << 20));
            assertThat(device.mapDma(large).iova()).isEqualTo(2 << 20);
            assertThat(device.mapDma(UncheckedMemory.of(1L << 41, 2L << 20)).iova())
                    .as("beyond the interrupts' window")
                    .isEqualTo(0xFF00_0000L);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldSayHowMuchMemoryMustBeLockable(final VfioPci.Interface kernelInterface) {
        vf();
        kernel.lockableBytes(10_000);
        try (PciDevice device = open(kernelInterface)) {
            device.mapDma(memory);
            assertThatThrownBy(() -> device.mapDma(memory))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            VF
                                    + ": DMA needs 16384 bytes of locked memory (8192 more than"
                                    + " the process has locked), the process may lock 10000 in all"
                                    + " (RLIMIT_MEMLOCK); set LimitMEMLOCK=16384 or more in the"
                                    + " systemd unit, or ulimit -l 16 in a shell, or use fewer"
                                    + " packet buffers");
            assertThat(model.dma().size()).isEqualTo(1);
            kernel.lockedElsewhere(20_480);
            assertThatThrownBy(() -> device.mapDma(memory))
                    .as("other devices' memory counts, too")
                    .hasMessageContaining("DMA needs 28672 bytes")
                    .hasMessageContaining("ulimit -l 28 in a shell");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldMapMuchMemoryAtOnce(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface)) {
            final DmaMapping mapping = device.mapDma(UncheckedMemory.of(1L << 40, 8L << 30));
            assertThat(model.dma().size()).as("one mapping, however large").isEqualTo(1);
            assertThat(mapping.iova() % (2 << 20)).as("on a large page").isZero();
            assertThat(mapping.iova()).isGreaterThan(0xFEE0_0000L);
            device.unmapDma(mapping);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldSayWhenTheKernelAllowsNoAddresses(final VfioPci.Interface kernelInterface) {
        vf();
        kernel.allowedRanges(new long[][] {{0, 0xFFFFF}});
        assertThatThrownBy(() -> open(kernelInterface))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no I/O virtual addresses")
                .hasMessageContaining("reserved_regions");
    }

    /** While the kernel waits for a device, whoever reads the device's files waits, too. */
    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldNotLookAtSysfsOnceItIsOpen(final VfioPci.Interface kernelInterface)
            throws IOException {
        vf();
        try (PciDevice device = open(kernelInterface);
                EventFd eventFd = EventFd.create()) {
            Files.move(folder.resolve("sys"), folder.resolve("sys-gone"));
            kernel.device().requestRelease();
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.RELEASE_REQUESTED);
            device.interrupt(0, eventFd);
            device.unmapDma(device.mapDma(memory));
            device.reset();
        }
        assertThat(model.vector(0)).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldCloseWhatCannotBeResetWithBusMasteringOff(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface)) {
            device.mapDma(memory);
            device.config().enableBusMaster();
            kernel.refuseReset(Libc.EAGAIN());
        }
        assertThat(kernel.notes()).contains("not reset").doesNotContain("left bus master");
    }

    @Test
    void shouldRefuseMemoryThatCannotBeMapped() {
        vf();
        try (PciDevice device = open(VfioPci.Interface.GROUP)) {
            assertThatThrownBy(() -> device.mapDma(memory.segment().asSlice(0, 100)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("whole pages");
            assertThatThrownBy(() -> device.mapDma(MemorySegment.ofArray(new byte[4096])))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> device.unmapDma(new DmaMapping(memory.segment(), 4096)))
                    .hasMessage(VF + ": nothing is mapped at 0x1000");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldEnableNoMoreVectorsThanAreUsed(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface);
                EventFd first = EventFd.create();
                EventFd second = EventFd.create()) {
            assertThat(device.interruptVectors()).isEqualTo(2);
            device.interrupt(0, null);
            device.interrupt(0, first);
            device.interrupt(1, second);
            assertThat(kernel.notes()).contains("enabled 1", "enabled 2");
            final EventFd attached = model.vector(0);
            assertThat(attached).as("still").isNotNull();
            device.interrupt(0, null);
            assertThat(model.vector(0)).isNull();
            device.interrupt(0, second);
            assertThat(model.vector(0)).isNotNull();
            assertThatThrownBy(() -> device.interrupt(2, first))
                    .hasMessage(VF + " has no interrupt vector 2, only 0 to 1");
        }
        assertThat(model.vector(0)).isNull();
        assertThat(model.vector(1)).isNull();
    }

    @Test
    void shouldSayWhenTheMachineHasNoVectorsLeft() {
        vf();
        kernel.interruptVectorsLeft(1);
        try (PciDevice device = open(VfioPci.Interface.GROUP);
                EventFd eventFd = EventFd.create()) {
            assertThatThrownBy(() -> device.interrupt(1, eventFd))
                    .hasMessage(
                            VF
                                    + ": the machine has only 1 interrupt vectors left for it, not"
                                    + " 2");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldTellWhenTheFunctionIsWantedBackOrHasFailed(final VfioPci.Interface kernelInterface) {
        vf();
        try (PciDevice device = open(kernelInterface)) {
            kernel.device().signalError();
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.ERROR);
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.PRESENT);
            kernel.device().requestRelease();
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.RELEASE_REQUESTED);
            assertThat(device.condition()).isEqualTo(PciDeviceCondition.RELEASE_REQUESTED);
        }
    }

    @Test
    void shouldReadAllOnesWhenTheFunctionIsPulledOut() {
        vf();
        try (PciDevice device = open(VfioPci.Interface.GROUP)) {
            kernel.unplug();
            assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isEqualTo(-1);
            assertThat(device.config().read(PciConfigSpace.VENDOR_ID, 2)).isEqualTo(0xFFFF);
            device.bar(0).write32(CopyDevice.SOURCE_PAGE, 1);
        }
    }

    @Test
    void shouldResetWithBusMasteringOff() {
        vf();
        try (PciDevice device = open(VfioPci.Interface.GROUP)) {
            device.config().enableBusMaster();
            device.bar(0).write32(CopyDevice.SOURCE_PAGE, 9);
            device.reset();
            assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isZero();
            assertThat(kernel.notes()).contains("reset").doesNotContain("reset while bus master");
        }
    }

    @Test
    void shouldSayWhatIsNotReady() {
        assertThatThrownBy(() -> VfioPci.open("eth0", context()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'eth0' is no PCI address; one looks like 0000:3b:01.0");
        assertThatThrownBy(() -> open(VfioPci.Interface.ANY))
                .hasMessageStartingWith("there is no PCI function 0000:3b:01.0");
        sysfs().function(VF, "iavf", "42");
        assertThatThrownBy(() -> open(VfioPci.Interface.ANY))
                .hasMessage(
                        "0000:3b:01.0 is bound to iavf, not to vfio-pci: driverctl set-override"
                                + " 0000:3b:01.0 vfio-pci");
        sysfs().function("0000:3b:01.1", "", "");
        assertThatThrownBy(() -> VfioPci.open("3b:01.1", context()))
                .hasMessageStartingWith("0000:3b:01.1 is bound to no driver");
        sysfs().function("0000:3b:01.2", "vfio-pci", "");
        assertThatThrownBy(() -> VfioPci.open("0000:3b:01.2", context()))
                .hasMessageStartingWith("0000:3b:01.2 isn't behind an IOMMU: switch it on");
    }

    @Test
    void shouldNameTheSiblingThatBlocksTheGroup() {
        vf().function("0000:3a:00.0", "pcieport", "42")
                .function("0000:3b:00.0", "", "42")
                .function("0000:3b:00.1", "ice", "42");
        kernel.viable(false);
        assertThatThrownBy(() -> open(VfioPci.Interface.GROUP))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "IOMMU group 42 of 0000:3b:01.0 isn't viable: 0000:3b:00.1 in it is bound"
                                + " to ice; bind that to vfio-pci, too: driverctl set-override"
                                + " 0000:3b:00.1 vfio-pci");
    }

    @Test
    void shouldNameTheSiblingThatKeepsIommufdFromTheGroup() {
        vf().function("0000:3b:00.1", "ice", "42");
        for (final int errno : new int[] {Libc.EPERM(), Libc.EBUSY()}) {
            kernel.refuseBind(errno);
            assertThatThrownBy(() -> open(VfioPci.Interface.DEVICE))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ioctl(VFIO_DEVICE_BIND_IOMMUFD)")
                    .hasMessageContaining("0000:3b:00.1 in it is bound to ice");
        }
    }

    @Test
    void shouldLookUpTheGroupAtEachOpening() throws IOException {
        sysfs().function(VF, "vfio-pci", "7");
        assertThatThrownBy(() -> open(VfioPci.Interface.GROUP))
                .hasMessageContaining("/dev/vfio/7")
                .hasMessageContaining("load the vfio-pci module");
        // After the next boot it is in another one.
        Files.delete(folder.resolve("sys/bus/pci/devices").resolve(VF).resolve("iommu_group"));
        sysfs().function(VF, "", "42");
        open(VfioPci.Interface.GROUP).close();
    }

    @Test
    void shouldNameANodeThatCannotBeOpened() {
        vf();
        kernel.refuse("/dev/vfio/42", Libc.EBUSY());
        assertThatThrownBy(() -> open(VfioPci.Interface.GROUP))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("/dev/vfio/42")
                .hasMessageContaining("another process holds the group");
        kernel.refuse("/dev/vfio/42", Libc.EACCES());
        assertThatThrownBy(() -> open(VfioPci.Interface.GROUP))
                .hasMessageContaining("SUBSYSTEM==\"vfio\"");
        kernel.refuse("/dev/vfio/vfio", Libc.ENOENT());
        assertThatThrownBy(() -> open(VfioPci.Interface.GROUP))
                .hasMessageContaining("modprobe vfio-pci");
        kernel.refuse("/dev/vfio/devices/vfio3", Libc.EACCES());
        assertThatThrownBy(() -> open(VfioPci.Interface.DEVICE))
                .hasMessageContaining("/dev/vfio/devices/vfio3");
        kernel.refuse("/dev/vfio/devices/vfio3", Libc.EBUSY());
        assertThatThrownBy(() -> open(VfioPci.Interface.DEVICE))
                .hasMessageContaining("another process holds it");
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldPassTheTokenOnlyWhereThePfIsBoundToVfio(final VfioPci.Interface kernelInterface) {
        final MadeUpSysfs sysfs = vf().function("0000:3b:00.0", "ice", "41");
        sysfs.physicalFunction(VF, "0000:3b:00.0");
        final VfioPci.Context context = context().kernelInterface(kernelInterface).token(TOKEN);
        VfioPci.open(VF, context).close();
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "DEVICE"})
    void shouldNeedTheTokenOfAPfThatIsBoundToVfio(final VfioPci.Interface kernelInterface) {
        vf().function("0000:3b:00.0", "vfio-pci", "41").physicalFunction(VF, "0000:3b:00.0");
        kernel.wantedToken(TOKEN.toString());
        final VfioPci.Context context = context().kernelInterface(kernelInterface);
        assertThatThrownBy(() -> VfioPci.open(VF, context))
                .hasMessage(
                        "0000:3b:01.0 needs the VF token (a UUID) that was given to its PF"
                                + " 0000:3b:00.0, which is bound to vfio-pci");
        assertThatThrownBy(() -> VfioPci.open(VF, context.token(UUID.randomUUID())))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("is it the token that was given to the PF 0000:3b:00.0");
        VfioPci.open(VF, context.token(TOKEN)).close();
    }

    @Test
    void shouldRefuseToGoWithoutAnIommuUnlessToldTo() throws IOException {
        vf().noIommu("42");
        assertThatThrownBy(() -> open(VfioPci.Interface.ANY))
                .hasMessageContaining("it could read and write all of the machine's memory")
                .hasMessageEndingWith("or allow it with unsafe-no-iommu");
        kernel.refuse("/dev/vfio/noiommu-42", Libc.EPERM());
        assertThatThrownBy(() -> VfioPci.open(VF, context().unsafeNoIommuAllowed(true)))
                .hasMessageContaining("CAP_SYS_RAWIO");
        kernel.refuse("/dev/vfio/noiommu-42", 0);
        writePagemap(0x1234, 0x1235);
        try (PciDevice device = VfioPci.open(VF, context().unsafeNoIommuAllowed(true))) {
            final DmaMapping mapping = device.mapDma(memory);
            assertThat(mapping.iova()).isEqualTo(0x1234000);
            device.unmapDma(mapping);
            writePagemap(0x1234, 0x1236);
            assertThatThrownBy(() -> device.mapDma(memory))
                    .hasMessageContaining("are torn after 4096; use one huge page");
            writePagemap(0, 0);
            assertThatThrownBy(() -> device.mapDma(memory))
                    .hasMessageContaining("needs CAP_SYS_ADMIN");
        }
        assertThat(kernel.notes()).contains("open /dev/vfio/noiommu-42");
    }

    /** Which physical pages the memory's two pages are. */
    private void writePagemap(final long... frames) throws IOException {
        final ByteBuffer entries =
                ByteBuffer.allocate(8 * frames.length).order(ByteOrder.LITTLE_ENDIAN);
        for (final long frame : frames) {
            entries.putLong(1L << 63 | frame);
        }
        final Path pagemap = folder.resolve("pagemap");
        Files.deleteIfExists(pagemap);
        try (RandomAccessFile file = new RandomAccessFile(pagemap.toFile(), "rw")) {
            file.seek(memory.segment().address() / 4096 * 8);
            file.write(entries.array());
        }
    }
}
