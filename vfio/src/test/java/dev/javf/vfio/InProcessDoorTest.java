package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;

/** A driver and {@link CopyDevice} in one process. */
class InProcessDoorTest {
    private final CopyDevice model = new CopyDevice();
    private final InProcessDoor device = new InProcessDoor(model);
    private final SharedMemory memory = SharedMemory.allocate("door-test", 8192, PageSize.PLAIN_4K);

    @AfterEach
    void close() {
        device.close();
        memory.close();
        model.close();
    }

    @Test
    void shouldGiveADeviceRegistersMemoryAndInterrupts() {
        final DmaMapping mapping = device.mapDma(memory.segment());
        assertThat(mapping.iova()).isNotEqualTo(memory.segment().address());
        memory.segment().setString(0, "hello, device");
        device.config().enableBusMaster();
        try (EventFd eventFd = EventFd.create()) {
            device.interrupt(1, eventFd);
            device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
            device.bar(0).memory(CopyDevice.LENGTH_DOORBELL, 4).set(ValueLayout.JAVA_INT, 0, 14);

            model.doWork();

            assertThat(memory.segment().getString(4096)).isEqualTo("hello, device");
            assertThat(eventFd.drain()).isEqualTo(1);
            assertThat(device.bar(0).read32(CopyDevice.LENGTH_DOORBELL)).isZero();
        }
        device.unmapDma(mapping);
        assertThat(model.dma().faults()).isEmpty();
    }

    @Test
    void shouldRecordWhatADeviceMayNotTouch() {
        device.config().enableBusMaster();
        final DmaMapping mapping = device.mapDma(memory.segment());
        device.unmapDma(mapping);
        device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
        device.bar(0).write32(CopyDevice.LENGTH_DOORBELL, 14);

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
        assertThatThrownBy(() -> device.bar(0).read32(8192))
                .hasMessage("copy: region 0 has 8192 bytes; no access at 0x2000 with 4 bytes");
        assertThatThrownBy(() -> device.bar(0).write32(2, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> device.bar(0).memory(4096, 4))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("copy: region 0 can't be mapped at 0x1000, its registers have effects");
        assertThatThrownBy(() -> device.interrupt(2, null))
                .hasMessage("copy has no interrupt vector 2, only 0 to 1");
        assertThatThrownBy(() -> device.unmapDma(new DmaMapping(memory.segment(), 4096)))
                .hasMessage("copy: nothing is mapped at 0x1000");
    }

    @Test
    void shouldResetTheFunctionWhenItIsClosed() {
        device.mapDma(memory.segment());
        device.close();
        assertThat(model.resets()).isEqualTo(1);
        assertThat(model.dma().unmap(0, -1)).as("nothing stays mapped").isZero();
    }
}
