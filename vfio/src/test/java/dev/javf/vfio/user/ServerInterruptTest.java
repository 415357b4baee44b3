package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.wire.IrqSet;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** How a client sets its interrupts up, and gets them. */
class ServerInterruptTest extends ServerRig {
    private static final int EINVAL = Libc.EINVAL();
    private static final int MSIX = 2;
    private static final int ERR = 3;
    private static final int EVENTFD_TRIGGER = IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER;

    @Test
    void shouldSetUpInterruptsAsQemuDoes() {
        try (EventFd error = EventFd.create();
                EventFd first = EventFd.create();
                EventFd second = EventFd.create();
                EventFd third = EventFd.create()) {
            assertThat(client.setIrqs(EVENTFD_TRIGGER, ERR, 0, 1, error.descriptor()).errno())
                    .isZero();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1).errno()).isZero();
            assertThat(model.vector(0)).as("enabled without eventfd").isNull();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, first.descriptor()).errno())
                    .isZero();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 1, second.descriptor()).errno())
                    .isZero();
            signal(0);
            signal(1);
            signal(1);
            assertThat(first.drain()).isEqualTo(1);
            assertThat(second.drain()).isEqualTo(2);

            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 1, third.descriptor()).errno())
                    .as("again, for the same vector")
                    .isZero();
            signal(1);
            assertThat(second.drain()).isZero();
            assertThat(third.drain()).isEqualTo(1);

            assertThat(client.setIrqs(0x21, MSIX, 0, 2).errno()).as("as if raised").isZero();
            assertThat(first.drain()).isEqualTo(1);
            assertThat(third.drain()).isEqualTo(1);
            final RawClient.Answer some =
                    client.ask(
                            Command.DEVICE_SET_IRQS,
                            22,
                            payload -> {
                                new IrqSet(22, 0x22, MSIX, 0, 2).encode(payload);
                                payload.set(ValueLayout.JAVA_BYTE, 21, (byte) 1);
                            });
            assertThat(some.errno()).isZero();
            assertThat(first.drain()).isZero();
            assertThat(third.drain()).isEqualTo(1);

            assertThat(client.setIrqs(0x21, MSIX, 0, 0).errno()).as("all off").isZero();
            assertThat(model.vector(0)).isNull();
            assertThat(model.vector(1)).isNull();
            server.reportError();
            assertThat(error.drain()).isEqualTo(1);
        }
    }

    private void signal(final int vector) {
        final EventFd eventFd = model.vector(vector);
        assertThat(eventFd).isNotNull();
        if (eventFd != null) {
            eventFd.signal();
        }
    }

    @Test
    void shouldRefuseInterruptsThatMakeNoSense() {
        try (EventFd eventFd = EventFd.create()) {
            final Descriptor fd = eventFd.descriptor();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 0, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 1, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 5, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, -1, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 2, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, -1, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, -1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 0x7FFFFFFF, fd).errno())
                    .isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 2, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, fd, fd).errno())
                    .isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 0).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x21, MSIX, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x22, MSIX, 0, 1).errno()).as("no data").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x26, MSIX, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x20, MSIX, 0, 1).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x09, MSIX, 0, 1).errno()).as("mask").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x11, MSIX, 0, 1).errno()).as("unmask").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x31, MSIX, 0, 1).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, memory.descriptor()).errno())
                    .as("no eventfd")
                    .isEqualTo(EINVAL);
        }
        assertThat(model.vector(0)).isNull();
        assertThat(model.vector(1)).isNull();
    }

    @Test
    void shouldNotWaitForAnEventFdThatTheClientHasFilled() {
        try (EventFd eventFd = EventFd.create();
                Arena arena = Arena.ofConfined()) {
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, eventFd.descriptor()).errno())
                    .isZero();
            eventFd.descriptor().write(arena.allocateFrom(ValueLayout.JAVA_LONG, -2L));
            eventFd.descriptor().nonBlocking(false);
            assertThat(client.setIrqs(0x21, MSIX, 0, 1).errno()).as("as if raised").isZero();
            signal(0);
            assertThat(eventFd.drain()).isEqualTo(-2L);
        }
    }
}
