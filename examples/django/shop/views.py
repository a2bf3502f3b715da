from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from . import chat
from .models import Order


def _order(request, number):
    """An order that this user may see: the customer's own, or any for the staff."""
    order = get_object_or_404(Order, pk=number)
    if order.customer != request.user and not request.user.is_staff:
        raise PermissionDenied
    return order


def _order_of_staff(request, number):
    if not request.user.is_staff:
        raise PermissionDenied
    return get_object_or_404(Order, pk=number)


@login_required
def home(request):
    orders = Order.objects.all() if request.user.is_staff else Order.objects.filter(customer=request.user)
    return render(request, "orders.html", {"orders": orders.order_by("pk")})


@login_required
@require_POST
def place_order(request):
    """An order and the first message of its room, in one transaction."""
    with transaction.atomic():
        order = Order.objects.create(customer=request.user, item=request.POST["item"])
        chat.say(order, f"Thank you for ordering {order.item}.")
    return redirect("order", order.pk)


@login_required
def show_order(request, number):
    return render(request, "order.html", {"order": _order(request, number)})


@require_POST
def chat_session(request, number):
    """A session of the chat for the signed-in user; asked for again when the key has expired."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return JsonResponse({"url": settings.CHAT_URL, "sessionKey": chat.create_session(request.user, _order(request, number))})


@login_required
@require_POST
def rename(request):
    with transaction.atomic():
        request.user.first_name = request.POST["name"]
        request.user.save(update_fields=["first_name"])
        chat.rename(request.user)
    return redirect("home")


@login_required
@require_POST
def ship(request, number):
    order = _order_of_staff(request, number)
    with transaction.atomic():
        order.shipped_at = timezone.now()
        order.save(update_fields=["shipped_at"])
        chat.say(order, f"{order.item} is on its way.")
    return redirect("order", order.pk)


@login_required
@require_POST
def block(request, number):
    """Removes the customer from the chat. Who is not active gets no new session."""
    order = _order_of_staff(request, number)
    with transaction.atomic():
        order.customer.is_active = False
        order.customer.save(update_fields=["is_active"])
        chat.sign_out(order.customer)
    return redirect("order", order.pk)
