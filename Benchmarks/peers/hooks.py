"""Recording by hand-written hooks in PyTorch, as in mlp.py's `recorded`: what recorders are compared with."""
import torch


class HandWrittenHooks:
    """Keeps numbers of the outputs and gradients of a net's modules, and of its weights, in `history`, a row per step."""

    def __init__(self, net):
        self.weights, self.kept, self.history = list(net.parameters()), [], []
        for module in net:
            module.register_forward_hook(self._forward)
            module.register_full_backward_hook(self._backward)

    def _forward(self, module, inputs, output):
        o = output.detach()
        variance, mean = torch.var_mean(o)
        low, high = torch.aminmax(o)
        self.kept.extend([mean, variance, low, high, (o == 0).float().mean()])

    def _backward(self, module, grad_in, grad_out):
        g = grad_out[0]
        self.kept.extend([g.norm(), g.abs().max()])

    def step_done(self):
        """To be called after backward()."""
        self.kept.extend(torch._foreach_norm([p.grad for p in self.weights]))
        self.kept.extend(torch._foreach_norm([p.detach() for p in self.weights]))
        self.history.append(torch.stack(self.kept).tolist())
        self.kept.clear()
