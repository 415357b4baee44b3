package dev.javf.sim;

import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.Status;

/** Counters (Linux ice driver, virt/virtchnl.c). */
final class StatisticsOperations {
    private static final EthStatistics ZERO = new EthStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private StatisticsOperations() {}

    /** Even an error is answered with all counters, at 0. */
    static void getStats(final Exchange exchange) {
        final QueueSelect select = QueueSelect.decode(exchange.body(), 0, exchange.lengthBytes());
        if (!exchange.vf().isActive(select.vsiId())) {
            exchange.answer(Status.ERR_PARAM, ZERO);
            return;
        }
        exchange.changeRule();
        final PortCounters counters = exchange.vf().rules.port().counters();
        exchange.answer(
                new EthStatistics(
                        counters.rxBytes(),
                        counters.rxUnicast(),
                        counters.rxMulticast(),
                        counters.rxBroadcast(),
                        counters.rxDiscards(),
                        counters.rxUnknownProtocol(),
                        counters.txBytes(),
                        counters.txUnicast(),
                        counters.txMulticast(),
                        counters.txBroadcast(),
                        counters.txDiscards(),
                        counters.txErrors()));
    }
}
