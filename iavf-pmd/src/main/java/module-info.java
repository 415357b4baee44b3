/** The iavf poll-mode driver. */
module dev.javf.iavf {
    requires static org.jspecify;
    requires transitive dev.javf.packet;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.virtchnl;
    requires transitive org.agrona;

    exports dev.javf.iavf;
}
