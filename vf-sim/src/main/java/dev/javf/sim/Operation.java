package dev.javf.sim;

/** What the PF's driver does for one virtchnl operation. */
@FunctionalInterface
interface Operation {
    /**
     * Works on a message whose length is right and that the VF may send.
     *
     * @param exchange the request; takes the answer.
     * @throws dev.javf.virtchnl.MalformedMessageException when the body contradicts itself; the
     *     answer is ERR_PARAM then.
     */
    void handle(Exchange exchange);
}
