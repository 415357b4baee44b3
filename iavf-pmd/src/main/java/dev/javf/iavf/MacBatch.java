package dev.javf.iavf;

import dev.javf.virtchnl.EthAddressList;
import dev.javf.virtchnl.EthAddressList.EthAddress;
import dev.javf.virtchnl.Opcode;

import java.util.List;

/**
 * MAC filters that travel in one message.
 *
 * @param adds whether they are to be added, or else deleted.
 * @param filters 1 to 510.
 * @param elements what the message says of them.
 */
record MacBatch(boolean adds, List<MacFilter> filters, List<EthAddress> elements) {
    MacBatch(final boolean adds, final List<MacFilter> filters) {
        this(adds, List.copyOf(filters), filters.stream().map(MacFilter::element).toList());
    }

    Opcode opcode() {
        return adds ? Opcode.ADD_ETH_ADDR : Opcode.DEL_ETH_ADDR;
    }

    EthAddressList message(final int vsiId) {
        return new EthAddressList(vsiId, elements);
    }
}
