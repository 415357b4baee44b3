package dev.javf.sim;

import dev.javf.virtchnl.PromiscuousMode;
import dev.javf.virtchnl.Status;

/** Promiscuity (Linux ice driver, virt/virtchnl.c). */
final class PromiscuousOperations {
    private PromiscuousOperations() {}

    /** A VF that the host doesn't trust is told SUCCESS, and nothing is done: on purpose. */
    static void configPromiscuousMode(final Exchange exchange) {
        final PromiscuousMode mode =
                PromiscuousMode.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(mode.vsiId())) {
            exchange.answer(false);
        } else if (!vf.host.isTrusted) {
            exchange.answer(true);
        } else if (!exchange.changeRule()) {
            exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
        } else {
            vf.promiscuity = mode.flags() & (PromiscuousMode.UNICAST | PromiscuousMode.MULTICAST);
            vf.rules.apply(vf, exchange.pf());
            exchange.answer(true);
        }
    }
}
