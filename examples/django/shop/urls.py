from django.contrib.auth.views import LoginView
from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", LoginView.as_view(template_name="sign-in.html"), name="sign-in"),
    path("name", views.rename, name="rename"),
    path("orders", views.place_order, name="place-order"),
    path("orders/<int:number>/", views.show_order, name="order"),
    path("orders/<int:number>/chat-session", views.chat_session, name="chat-session"),
    path("orders/<int:number>/ship", views.ship, name="ship"),
    path("orders/<int:number>/block", views.block, name="block"),
]
