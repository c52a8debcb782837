void onednn_placeholder(void);
