package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A driver and a small device in one process: the device copies as many bytes as its register 0
 * says, from the address in register 4 (pages) to the next page, then raises vector 1.
 */
class InProcessDoorTest {
    private final CopyDevice model = new CopyDevice();
    private final InProcessDoor device = new InProcessDoor(model);
    private final SharedMemory memory = SharedMemory.allocate("door-test", 8192, PageSize.PLAIN_4K);

    @AfterEach
    void close() {
        device.close();
        memory.close();
    }

    @Test
    void shouldGiveADeviceRegistersMemoryAndInterrupts() {
        final DmaMapping mapping = device.mapDma(memory.segment());
        assertThat(mapping.iova()).isNotEqualTo(memory.segment().address());
        memory.segment().setString(0, "hello, device");
        device.config().enableBusMaster();
        try (EventFd eventFd = EventFd.create()) {
            device.interrupt(1, eventFd);
            device.bar(0).write32(4, (int) (mapping.iova() >>> 12));
            device.bar(0).memory(0, 4).set(ValueLayout.JAVA_INT, 0, 14);

            model.doWork();

            assertThat(memory.segment().getString(4096)).isEqualTo("hello, device");
            assertThat(eventFd.drain()).isEqualTo(1);
            assertThat(device.bar(0).read32(0)).isZero();
        }
        device.unmapDma(mapping);
        assertThat(model.dma().faults()).isEmpty();
    }

    @Test
    void shouldRecordWhatADeviceMayNotTouch() {
        device.config().enableBusMaster();
        final DmaMapping mapping = device.mapDma(memory.segment());
        device.unmapDma(mapping);
        device.bar(0).write32(4, (int) (mapping.iova() >>> 12));
        device.bar(0).write32(0, 14);

        model.doWork();

        assertThat(model.dma().faults())
                .containsExactly(new IommuFault("copy", mapping.iova(), 8192, "copy"));
    }

    @Test
    void shouldUseFreedAddressesAgain() {
        final DmaMapping first = device.mapDma(memory.segment());
        device.unmapDma(first);
        assertThat(device.mapDma(memory.segment()).iova()).isEqualTo(first.iova());
    }

    @Test
    void shouldNameWhatIsOutside() {
        assertThatThrownBy(() -> device.bar(1)).hasMessage("copy has no memory region 1");
        assertThatThrownBy(() -> device.bar(0).read32(4096))
                .hasMessage("copy: region 0 has 4096 bytes; no access at 0x1000 with 4 bytes");
        assertThatThrownBy(() -> device.bar(0).write32(2, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.bar(0).memory(4, 4))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("copy: region 0 can't be mapped at 0x4, its registers have effects");
        assertThatThrownBy(() -> device.interrupt(2, null))
                .hasMessage("copy has no interrupt vector 2, only 0 to 1");
        assertThatThrownBy(() -> device.unmapDma(new DmaMapping(memory.segment(), 4096)))
                .hasMessage("copy: nothing is mapped at 0x1000");
    }

    @Test
    void shouldResetTheFunctionWhenItIsClosed() {
        device.mapDma(memory.segment());
        device.close();
        assertThat(model.resets).isEqualTo(1);
        assertThat(model.dma().unmap(0, -1)).as("nothing stays mapped").isZero();
    }

    private static final class CopyDevice implements PciDeviceModel {
        private final MemorySegment registers = MemorySegment.ofArray(new int[1024]);
        private final DmaSpace dma = new DmaSpace();
        private final DmaCursor cursor = new DmaCursor(dma);
        private final @Nullable EventFd[] vectors = new EventFd[2];
        private int resets;
        private final PciConfigModel config =
                new PciConfigModel(
                        new PciConfigModel.Identity(
                                1,
                                2,
                                3,
                                0xFF0000,
                                4,
                                5,
                                List.of(new PciConfigModel.Bar(0, 4096)),
                                2,
                                0,
                                2048),
                        this::functionLevelReset);

        void doWork() {
            final int length = registers.get(ValueLayout.JAVA_INT, 0);
            if (length == 0 || !config.isBusMaster()) {
                return;
            }
            final long iova = Integer.toUnsignedLong(registers.get(ValueLayout.JAVA_INT, 4)) << 12;
            if (!cursor.select(iova, 8192)) {
                dma.recordFault(new IommuFault(name(), iova, 8192, "copy"));
                return;
            }
            MemorySegment.copy(
                    cursor.memory(),
                    cursor.offset(),
                    cursor.memory(),
                    cursor.offset() + 4096,
                    length);
            registers.set(ValueLayout.JAVA_INT, 0, 0);
            final EventFd eventFd = vectors[1];
            if (eventFd != null) {
                eventFd.signal();
            }
        }

        @Override
        public String name() {
            return "copy";
        }

        @Override
        public PciConfigModel config() {
            return config;
        }

        @Override
        public long barLengthBytes(final int index) {
            return index == 0 ? 4096 : 0;
        }

        @Override
        public int readBar32(final int index, final long offset) {
            return registers.get(ValueLayout.JAVA_INT, offset);
        }

        @Override
        public void writeBar32(final int index, final long offset, final int value) {
            registers.set(ValueLayout.JAVA_INT, offset, value);
        }

        @Override
        public @Nullable MemorySegment barMemory(
                final int index, final long offset, final long lengthBytes) {
            return offset == 0 && lengthBytes == 4 ? registers.asSlice(0, 4) : null;
        }

        @Override
        public DmaSpace dma() {
            return dma;
        }

        @Override
        public int interruptVectors() {
            return 2;
        }

        @Override
        public void interrupt(final int vector, final @Nullable EventFd eventFd) {
            vectors[vector] = eventFd;
        }

        @Override
        public void functionLevelReset() {
            resets++;
        }
    }
}
