package dev.javf.sim;

import dev.javf.virtchnl.PtpCapabilities;
import dev.javf.virtchnl.PtpTime;
import dev.javf.virtchnl.Status;

/** The precision time protocol's clock (Linux ice driver, virt/virtchnl.c). */
final class PtpOperations {
    private static final int OFFERED = PtpCapabilities.RX_TIMESTAMP | PtpCapabilities.READ_CLOCK;

    private PtpOperations() {}

    static void getCaps(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        final int wanted =
                PtpCapabilities.decode(exchange.body(), 0, exchange.lengthBytes()).capabilities();
        if (vf.isActive() && (wanted & OFFERED) != 0) {
            vf.ptpCapabilities = OFFERED;
        }
        exchange.answer(
                vf.isActive() ? Status.SUCCESS : Status.ERR_PARAM,
                new PtpCapabilities(vf.ptpCapabilities, 0, 0, 0, 0, 0, 0));
    }

    /** The clock is the one that the model's duty cycle is given. */
    static void getTime(final Exchange exchange) {
        if (exchange.vf().isActive()) {
            exchange.answer(new PtpTime(exchange.nowNs()));
        } else {
            exchange.answer(Status.ERR_PARAM);
        }
    }
}
