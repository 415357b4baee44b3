package dev.javf.sim;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.RxDescriptorIds;
import dev.javf.virtchnl.Status;

/** Formats of receive descriptors (Linux ice driver, virt/virtchnl.c). */
final class RxDescriptorOperations {
    /** What the model can write back. */
    static final RxDescriptorIds SUPPORTED =
            new RxDescriptorIds(1L << RxQueueContext.LEGACY | 1L << RxQueueContext.FLEX);

    private static final RxDescriptorIds NONE = new RxDescriptorIds(0);

    private RxDescriptorOperations() {}

    /** Even an error is answered with eight bytes. */
    static void getSupportedRxdids(final Exchange exchange) {
        if (exchange.vf().isActive() && Capability.RX_FLEX_DESC.isIn(exchange.vf().capabilities)) {
            exchange.answer(SUPPORTED);
        } else {
            exchange.answer(Status.ERR_PARAM, NONE);
        }
    }
}
