/** The virtchnl protocol. No input or output, no clock, no thread. */
module dev.javf.virtchnl {
    requires transitive dev.javf.packet;
    requires static transitive org.jspecify;

    exports dev.javf.virtchnl;
}
