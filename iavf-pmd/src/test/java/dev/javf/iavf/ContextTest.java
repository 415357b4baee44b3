package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.PageSize;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContextTest {
    private final PacketPool pool = new PacketPool("test", 1024);
    private final VirtualFunctionContext context =
            new VirtualFunctionContext()
                    .device(new InProcessDoor(new PfStub()))
                    .queueOwner(new DriverRig.Owner())
                    .packetPool(pool);

    @AfterEach
    void close() {
        pool.close();
    }

    private void refused(final String... parts) {
        assertThatThrownBy(context::conclude)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void shouldNameWhatIsMissing() {
        assertThatThrownBy(() -> new VirtualFunctionContext().conclude())
                .hasMessage("a VF needs a device");
    }

    @Test
    void shouldNameTheLimitsOfNumbers() {
        context.queuePairs(257);
        refused("queuePairs 257", "1 to 256");
        context.queuePairs(1).rxRingLength(63);
        refused("rxRingLength 63", "multiple of 32", "64 to 4096");
        context.rxRingLength(512).txRingLength(4128);
        refused("txRingLength 4128", "4096");
        context.txRingLength(512).messagesInFlight(33);
        refused("messagesInFlight 33", "1 to 32");
        context.messagesInFlight(32).maxFrameBytes(59);
        refused("maxFrameBytes 59", "60 to 9720");
    }

    @Test
    void shouldSayWhatAPoolMustHave() {
        try (PacketPool small = new PacketPool("small", 1024, 0, 1024, PageSize.PLAIN_4K)) {
            context.packetPool(small).maxFrameBytes(5121);
            refused("maxFrameBytes 5121", "5 of", "5120 bytes", "make the buffers larger");
        }
        context.packetPool(pool).maxFrameBytes(1518).queuePairs(2);
        refused("1024 buffers", "1024", "make the pool larger");
    }

    @Test
    void shouldRefuseAGroupAddressAsOwn() {
        context.macAddress(MacAddress.BROADCAST);
        refused("macAddress ff:ff:ff:ff:ff:ff", "unicast");
    }

    @Test
    void shouldRefuseTimeoutsOfNothing() {
        assertThatThrownBy(() -> Timeouts.DEFAULTS.withRequestNs(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("requestNs 0: must be more than 0");
    }

    @Test
    void shouldNotChangeOnceConcluded() {
        context.conclude();
        assertThatThrownBy(() -> context.queuePairs(2)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(context::conclude).isInstanceOf(IllegalStateException.class);
    }
}
