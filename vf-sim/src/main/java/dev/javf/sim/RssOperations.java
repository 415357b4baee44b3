package dev.javf.sim;

import dev.javf.virtchnl.MaxRssQueueRegion;
import dev.javf.virtchnl.RssHashConfig;
import dev.javf.virtchnl.RssHashFunction;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
import dev.javf.virtchnl.Status;

/** Receive-side scaling (Linux ice driver, virt/virtchnl.c). */
final class RssOperations {
    private RssOperations() {}

    static void configKey(final Exchange exchange) {
        final RssKey key = RssKey.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(key.vsiId())
                || key.key().length != exchange.pf().context().rssKeyBytes()) {
            exchange.answer(false);
        } else if (!exchange.changeRule()) {
            exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
        } else {
            vf.rssKey = key;
            vf.rules.queues().rssHash().key(key.key());
            exchange.answer(true);
        }
    }

    static void configLut(final Exchange exchange) {
        final RssLut lut = RssLut.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(lut.vsiId())
                || lut.table().length != exchange.pf().context().rssLutEntries()) {
            exchange.answer(false);
        } else if (!exchange.changeRule()) {
            exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
        } else {
            vf.rssLut = lut;
            vf.rules.queues().rssHash().table(lut.table());
            exchange.answer(true);
        }
    }

    /** How many queues the table spreads over, as a power of two. */
    static void getMaxQueueRegion(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        if (!vf.isActive()) {
            exchange.answer(false);
            return;
        }
        final int queues = RssHash.queuesOf(exchange.pf().context().rssLutEntries());
        exchange.answer(new MaxRssQueueRegion(vf.vsiId, Integer.numberOfTrailingZeros(queues)));
    }

    /** Any algorithm that isn't the symmetric one is the default one. */
    static void configHashFunction(final Exchange exchange) {
        final RssHashFunction function =
                RssHashFunction.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(function.vsiId())) {
            exchange.answer(false);
        } else if (!exchange.changeRule()) {
            exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
        } else {
            vf.rssAlgorithm =
                    function.algorithm() == RssHashFunction.TOEPLITZ_SYMMETRIC
                            ? RssHashFunction.TOEPLITZ_SYMMETRIC
                            : RssHashFunction.TOEPLITZ;
            exchange.answer(true);
        }
    }

    static void getHashConfig(final Exchange exchange) {
        if (exchange.vf().isActive()) {
            exchange.answer(new RssHashConfig(RssHashConfig.DEFAULT_PACKET_TYPES));
        } else {
            exchange.answer(false);
        }
    }

    static void setHashConfig(final Exchange exchange) {
        final RssHashConfig config =
                RssHashConfig.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive() || !exchange.changeRule()) {
            exchange.answer(false);
            return;
        }
        vf.rssPacketTypes = config.packetTypes();
        vf.rules.queues().rssHash().hashEnable(config.packetTypes());
        exchange.answer(true);
    }
}
