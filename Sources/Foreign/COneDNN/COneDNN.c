#include "COneDNN.h"
void onednn_placeholder(void) {}
